"""Everyday movement beside a dataset: written once, taught as "other", and kept apart to fit the abstention on.

`everyday/taught/` and `everyday/fitted/` lie beside the shards, each with `samples.npy` (T, channels) float32 at the
dataset's rate and `starts.npy` (n,) first samples of its windows; `sessions.npy` (n,) says which session a window is
of. They hold nothing of anybody, so erasing a person leaves them alone. No part of a dataset that judges ever holds any
of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.abstention import NO_CLASS
from mlops.ml.contract import FloatArray, IntArray, Windows
from mlops.ml.sensors.dataset import EVERYDAY, read_dataset, shard_labels, shard_samples, shard_starts
from mlops.ml.sensors.everyday.body import live
from mlops.ml.sensors.everyday.devices import Channels, OwnLook, places_for, render, see_posture, unknown_channels
from mlops.ml.sensors.everyday.families import Part, families_for
from mlops.ml.windows import Scaler, WindowSpec, interpolate, normalise, sliding_windows, window_starts

OTHER = "other"
SESSION_S = 120.0
RATES = (0.5, 0.8, 1.0, 1.0)
"""A session's device samples at one of these shares of the dataset's rate."""
REST_EVERY = 5
"""One session of so many is rest in the postures of the exercises, which nobody labels either."""
LEAST, MOST = 200, 2000
"""Windows that are taught: as many as people's own, within these."""
MOST_VALUES = 10_000_000
"""Numbers in all the windows of a part, at most: long windows are taught fewer."""
FITTED_SESSIONS = 20
FITTED_EVERY_S = 0.5
"""Between the windows that the abstention is fitted on: about as often as a live stream is answered."""
MOST_LOOKED_AT = 2000
GROUPS = 4
MARK = "~"
"""The groups of these windows begin so, as no pseudonym does."""


def labels_with_other(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels a model answers with: a last one for everyday movement where none of them means "none of these"."""
    return tuple(labels) if any(label in NO_CLASS for label in labels) else (*labels, OTHER)


def everyday_write(
    directory: Path, *, subjects: Sequence[str], labels: Sequence[str], channels: Channels, spec: WindowSpec, seed: int
) -> dict[str, Any]:
    """Write the library beside the shards in `directory`; returns what the manifest keeps of it.

    subjects  who the model learns from: the library takes noise, gain and posture of their sensors, on average
    labels    of the dataset, with one of `NO_CLASS`; a family of movement that bears one of their names is left out
    {"label", "n_windows", "n_fitted", "families", "places", "text"}; where nothing could be made n_windows is 0 and the
    text says why. The same arguments and shards give the same library.
    """
    label = OTHER if OTHER in labels else next(name for name in labels if name in NO_CLASS)
    families = [family.name for family in families_for("taught", labels, posture=see_posture(channels))]
    unknown = unknown_channels(channels)
    if unknown or not families:
        why = f"nobody knows what it does to the channel {unknown[0]}" if unknown else "the labels name all kinds of it"
        return {"label": label, "n_windows": 0, "n_fitted": 0, "text": f"No everyday movement was added: {why}."}
    x, y = own_windows(directory, subjects, spec)
    look = OwnLook.of(x, y, channels)
    n_own = sum(len(shard_starts(directory, subject)) for subject in subjects)
    room = max(1, MOST_VALUES // (spec.length * len(channels)))
    wanted = min(MOST, max(LEAST, n_own), room)
    a_session = max(1, int(max(SESSION_S, 3 * spec.duration_s) * spec.rate_hz) // spec.length)
    made = partial(sessions, channels=channels, look=look, spec=spec, labels=labels, seed=seed)
    n_taught = _write(directory, "taught", made("taught", -(-wanted // a_session)), spec, spec.length, wanted)
    hop = max(1, round(FITTED_EVERY_S * spec.rate_hz))
    n_fitted = _write(directory, "fitted", made("fitted", FITTED_SESSIONS), spec, hop, 2 * room)
    text = (
        f"{n_taught:,} windows of everyday movement were added as “{label}”, all of them generated (kinds: "
        f"{len(families)}, such as {families[0]}), and {n_fitted:,} of other kinds to find out when the model should "
        "say nothing. None of them judges a model."
    )
    return {"label": label, "n_windows": n_taught, "n_fitted": n_fitted, "families": families, "text": text}


def sessions(
    part: Part, n: int, *, channels: Channels, look: OwnLook, spec: WindowSpec, labels: Sequence[str], seed: int
) -> Iterator[FloatArray]:
    """Yield `n` sessions (time, channels) at the dataset's rate, each of another person with another device."""
    families = families_for(part, labels, posture=see_posture(channels))
    quiet = [family for family in families if family.quiet]
    for number in range(n if families else 0):
        rng = np.random.default_rng([seed, zlib.crc32(part.encode()), number])
        rate_hz = spec.rate_hz * RATES[rng.integers(len(RATES))]
        places = places_for(channels, rng)
        rest = bool(quiet) and number % REST_EVERY == 0
        tracks = live(
            quiet if rest else families, list(places.values()), max(SESSION_S, 3 * spec.duration_s), rate_hz, rng
        )
        samples = render(dict(zip(places, tracks, strict=True)), channels, look, rate_hz, rng, rest=rest)
        yield _at_rate(samples, rate_hz, spec.rate_hz)


def everyday_windows(directory: Path, part: Part, *, raw: bool = False) -> Windows | None:
    """The windows of one part of the library, prepared as the dataset's own are; None for a dataset without one.

    Their groups are "~0" to "~3" where they are taught (of several sessions each), else one for each session.
    """
    manifest, folder = read_dataset(directory), directory / EVERYDAY / part
    if not manifest.get(EVERYDAY, {}).get("n_windows") or not folder.is_dir():
        return None
    spec, labels = WindowSpec.from_json(manifest["window_spec"]), tuple(manifest["labels"])
    starts, session = (np.load(folder / name, allow_pickle=False) for name in ("starts.npy", "sessions.npy"))
    x = sliding_windows(np.load(folder / "samples.npy", allow_pickle=False), spec.length, 1)[starts]
    scaler = None if manifest["scaler"] is None else Scaler.from_json(manifest["scaler"])
    groups = session % GROUPS if part == "taught" else session
    return Windows(
        np.asarray(x, np.float32) if raw else normalise(x, spec, scaler),
        np.full(len(starts), labels.index(manifest[EVERYDAY]["label"]), np.int64),
        np.array([f"{MARK}{number}" for number in groups]),
        labels,
    )


def with_everyday(own: Windows, directory: Path, scaler: Scaler | None = None) -> Windows:
    """People's own windows and, after them, what the dataset teaches as "other".

    scaler  where the own windows were not scaled as the manifest says
    """
    more = everyday_windows(directory, "taught", raw=scaler is not None)
    if more is None:
        return own
    if scaler is not None:
        more = replace(more, x=normalise(more.x, WindowSpec.from_json(read_dataset(directory)["window_spec"]), scaler))
    return followed_by(replace(own, groups=_at_least_two(own.groups)), more)


def _at_least_two(groups: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """One person's windows as blocks of time: who leaves the only person out has no exercise left to choose by."""
    if len(np.unique(groups)) != 1:
        return groups
    block = np.arange(len(groups)) * 4 * GROUPS // max(1, len(groups)) % GROUPS
    return np.array([f"{name}.{number}" for name, number in zip(groups, block, strict=True)])


def followed_by(own: Windows, more: Windows) -> Windows:
    """Labelled windows of people and, after them, windows of the library."""
    assert own.y is not None
    assert more.y is not None
    return Windows(
        np.concatenate([own.x, more.x]),
        np.concatenate([own.y, more.y]),
        np.concatenate([own.groups.astype(str), more.groups]),
        own.labels,
    )


def of_people(groups: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which windows are people's own, by their groups."""
    return ~np.char.startswith(np.asarray(groups).astype(str), MARK)


def own_windows(directory: Path, subjects: Sequence[str], spec: WindowSpec) -> tuple[FloatArray, IntArray]:
    """Raw windows and labels' numbers of some people, evenly spread where there are many."""
    n_own = sum(len(shard_starts(directory, subject)) for subject in subjects)
    step = max(1, -(-n_own // MOST_LOOKED_AT))
    x, y = [], []
    for subject in subjects:
        starts = shard_starts(directory, subject)[::step]
        x.append(sliding_windows(shard_samples(directory, subject), spec.length, 1)[starts])
        y.append(shard_labels(directory, subject)[::step])
    return np.concatenate(x), np.concatenate(y)


def _write(directory: Path, part: Part, made: Iterator[FloatArray], spec: WindowSpec, stride: int, most: int) -> int:
    pieces: list[FloatArray] = []
    starts: list[IntArray] = []
    session: list[IntArray] = []
    offset = 0
    for number, samples in enumerate(made):
        own = window_starts(len(samples), spec.length, stride)
        pieces.append(samples)
        starts.append(own + offset)
        session.append(np.full(len(own), number, np.int64))
        offset += len(samples)
        if sum(len(some) for some in starts) >= most:
            break
    if not pieces:
        return 0
    folder = directory / EVERYDAY / part
    folder.mkdir(parents=True)
    np.save(folder / "samples.npy", np.concatenate(pieces), allow_pickle=False)
    kept = np.concatenate(starts)[:most]
    np.save(folder / "starts.npy", kept, allow_pickle=False)
    np.save(folder / "sessions.npy", np.concatenate(session)[:most], allow_pickle=False)
    return len(kept)


def _at_rate(samples: npt.NDArray[np.float32], from_hz: float, to_hz: float) -> FloatArray:
    """The same stretch of time at another rate, in between as resampling does it."""
    if from_hz == to_hz:
        return samples
    times = np.arange(len(samples)) / from_hz
    return interpolate(times, samples, np.arange(int(times[-1] * to_hz) + 1) / to_hz)
