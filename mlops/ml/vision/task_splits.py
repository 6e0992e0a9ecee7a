"""Which windows teach, choose and test: whole videos (or people); blocks of time with a gap where there are too few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, IntArray

PARTS = ("train", "val", "test")
NOWHERE = -1
"""The part of a window that lies in a gap between two blocks."""
BLOCKS = 20
"""Blocks of a video at most."""
BLOCK_WINDOWS = (8.0, 6.0, 4.0, 3.0, 2.0, 1.5)
"""Lengths of a block, in windows, that are tried."""


@dataclass(frozen=True)
class Where:
    """Where windows lie, one entry each: video and person (numbers), and seconds of the video; whole numbers in y."""

    video: IntArray
    person: IntArray
    start_s: npt.NDArray[np.float64]
    end_s: npt.NDArray[np.float64]
    y: IntArray


@dataclass(frozen=True)
class TaskSplit:
    """part of each window (position in `PARTS`, NOWHERE in a gap), its group, how, and what must be said about it.

    how    "person", "video", or "blocks": stretches of time of the same videos, `gap_s` apart
    group  (n,) what is never torn apart: a person, a video, or a block of one
    """

    how: str
    part: IntArray
    group: IntArray
    gap_s: float = 0.0
    notes: tuple[str, ...] = ()


def split_windows(
    where: Where, *, by: str = "video", ratios: Sequence[float] = (0.7, 0.15, 0.15), window_s: float, seed: int = 0
) -> TaskSplit:
    """Give every window a part, labels about as often in each as `ratios` say.

    Too few people fall back to videos, too few videos to blocks of time, and a note says so; a label that a training
    set lacks is a note, too. Raises BadValue for impossible ratios.
    """
    shares = _checked(ratios)
    if by not in ("video", "person"):
        raise BadValue(f"the split is by video or by person, not {by!r}")
    notes: list[str] = []
    for how in ("person", "video") if by == "person" else ("video",):
        names, group = np.unique(where.person if how == "person" else where.video, return_inverse=True)
        least = int((shares > 0).sum())
        part = None if len(names) < least else assign(_counts(group, where.y), shares, seed)
        if part is not None and len(np.unique(where.y[part[group] == 0])) >= min(2, len(np.unique(where.y))):
            return TaskSplit(how, part[group], group, 0.0, tuple(notes))
        words = {"person": ("person", "people"), "video": ("video", "videos")}[how]
        counted = f"{len(names)} {words[len(names) != 1]}"
        notes.append(f"{counted} are too few to keep whole {words[1]} apart." if len(names) != 1 else
                     f"One {words[0]} alone cannot be kept apart.")  # fmt: skip
    return _blocks(where, shares, window_s, seed, notes)


def assign(counts: npt.NDArray[np.int64], shares: npt.NDArray[np.float64], seed: int) -> IntArray:
    """(groups,) the part of each group, so that the labels of each part come near their share of all.

    counts  (groups, labels) windows. Groups that hold much of a rare label choose first; every part that has a share
    gets a group, and every label that any group holds is taught.
    """
    total = np.maximum(counts.sum(axis=0), 1)
    weighed = counts / total
    order = np.random.default_rng(seed).permutation(len(counts))
    order = order[np.argsort(-weighed[order].max(axis=1).round(1), kind="stable")]
    part = np.full(len(counts), NOWHERE, np.int64)
    have = np.zeros((len(PARTS), counts.shape[1]))
    want = np.outer(shares, np.ones(counts.shape[1]))
    for group in order:
        after = have + weighed[group]
        cost = ((after - want) ** 2 - (have - want) ** 2).sum(axis=1)
        cost[shares <= 0] = np.inf
        part[group] = int(cost.argmin())
        have[part[group]] += weighed[group]
    for empty in (p for p in range(len(PARTS)) if shares[p] > 0 and not (part == p).any()):
        largest = int(np.bincount(part, minlength=len(PARTS)).argmax())
        members = np.flatnonzero(part == largest)
        if len(members) < 2:
            break
        part[members[counts[members].sum(axis=1).argmin()]] = empty
    _teach_every_label(part, counts)
    return part


def _teach_every_label(part: IntArray, counts: npt.NDArray[np.int64]) -> None:
    """Move a group into training for each label that is not taught, unless its part would be empty then."""
    for label in range(counts.shape[1]):
        if not counts[:, label].any() or counts[part == 0, label].any():
            continue
        for group in np.argsort(-counts[:, label], kind="stable"):
            if counts[group, label] and (part == part[group]).sum() > 1:
                part[group] = 0
                break


def _blocks(
    where: Where, shares: npt.NDArray[np.float64], window_s: float, seed: int, notes: list[str]
) -> TaskSplit:
    """Cut each video into blocks of time, of the length with which most labels are taught and evaluated.

    Windows of two parts lie a gap apart; those nearer to another part belong to none.
    """
    best: tuple[tuple[int, ...], IntArray, IntArray, float] | None = None
    for length in BLOCK_WINDOWS:
        edges = {int(v): _edges(where, int(v), length * window_s) for v in np.unique(where.video)}
        block = _block_numbers(where, edges)
        own = assign(_counts(block, where.y), shares, seed)
        gap_s = min(window_s, max(0.0, (length - 1) * window_s / 2))
        part = own[block]
        part[~_apart(where, part, gap_s)] = NOWHERE
        known = [len(np.unique(where.y[part == number])) for number in range(len(PARTS))]
        score = (known[0], known[1] + known[2], int((part != NOWHERE).sum()))
        if best is None or score > best[0]:
            best = (score, part, block, gap_s)
    assert best is not None
    _, part, block, gap_s = best
    n_blocks = len(np.unique(block))
    blocks = "1 block" if n_blocks == 1 else f"{n_blocks} blocks"
    notes.append(
        f"The same videos are cut into {blocks} of time with a gap of {gap_s:g} s: the scores "
        "say little about other videos."
    )
    return TaskSplit("blocks", part, block, gap_s, tuple(notes))


def _edges(where: Where, video: int, block_s: float) -> npt.NDArray[np.float64]:
    mine = where.video == video
    return block_edges(float(where.start_s[mine].min()), float(where.end_s[mine].max()), block_s)


def _block_numbers(where: Where, edges: dict[int, npt.NDArray[np.float64]]) -> IntArray:
    """(n,) the block in which the middle of each window lies, numbered over all videos; without holes."""
    found = np.zeros(len(where.y), np.int64)
    first = 0
    for video, own in edges.items():
        mine = where.video == video
        middle = (where.start_s[mine] + where.end_s[mine]) / 2
        found[mine] = first + np.clip(np.searchsorted(own, middle, side="right") - 1, 0, len(own) - 2)
        first += len(own) - 1
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _apart(where: Where, part: IntArray, gap_s: float) -> npt.NDArray[np.bool_]:
    """(n,) whether no window of a part that is evaluated begins or ends within `gap_s` of a window of another part.

    Of two windows that are too near the one that teaches goes, so that little is evaluated on less.
    """
    kept = np.ones(len(part), np.bool_)
    for video in np.unique(where.video):
        mine = np.flatnonzero(where.video == video)
        mine = mine[np.argsort(where.start_s[mine], kind="stable")]
        start, end, own = where.start_s[mine], where.end_s[mine], part[mine]
        for strong in (2, 1):
            others = own == strong
            if not others.any():
                continue
            weaker = np.flatnonzero(own < strong)
            # how many strong windows begin before a weak one ends (plus the gap), less those that ended before it began
            begun = np.searchsorted(np.sort(start[others]), end[weaker] + gap_s - 1e-6, side="left")
            ended = np.searchsorted(np.sort(end[others]), start[weaker] - gap_s + 1e-6, side="right")
            kept[mine[weaker[begun > ended]]] = False
    return kept


def block_edges(start_s: float, end_s: float, block_s: float) -> npt.NDArray[np.float64]:
    """Edges of equal blocks of a video, about `block_s` long: at least one, at most `BLOCKS`."""
    return np.linspace(start_s, end_s, int(np.clip((end_s - start_s + 1e-6) // block_s, 1, BLOCKS)) + 1)


def in_blocks(
    start_s: npt.NDArray[np.float64], end_s: npt.NDArray[np.float64], edges: npt.NDArray[np.float64], gap_s: float
) -> IntArray:
    """The block in which each window lies whole, half a gap from the edges inside the video; NOWHERE for the others."""
    low, high = edges[:-1].copy(), edges[1:].copy()
    low[1:] += gap_s / 2
    high[:-1] -= gap_s / 2
    own = np.clip(np.searchsorted(edges, (start_s + end_s) / 2, side="right") - 1, 0, len(low) - 1)
    whole = (start_s >= low[own] - 1e-6) & (end_s <= high[own] + 1e-6)
    return np.where(whole, own, NOWHERE).astype(np.int64)


def _counts(group: IntArray, y: IntArray) -> npt.NDArray[np.int64]:
    found = np.zeros((int(group.max()) + 1, int(y.max()) + 1), np.int64)
    np.add.at(found, (group, y), 1)
    return found


def _checked(ratios: Sequence[float]) -> npt.NDArray[np.float64]:
    shares = np.asarray(ratios, np.float64)
    if shares.shape != (3,) or not np.isfinite(shares).all() or (shares < 0).any() or shares[0] <= 0:
        raise BadValue("the ratios must be three numbers, none negative, and something must be left to train on")
    if not 0.999 <= shares.sum() <= 1.001:
        raise BadValue(f"the ratios must add up to 1, not {shares.sum():g}")
    return shares
