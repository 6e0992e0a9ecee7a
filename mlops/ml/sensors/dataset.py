"""Datasets of labelled sensor recordings: one shard per subject, a manifest, and a hash that names the whole.

A shard is `shards/<subject>/`: `samples.npy` (T, channels) float32 at the dataset's rate, `starts.npy` (n,) first
samples of the windows, `y.npy` (n,) positions in the labels, `sources.json`. Series are kept, not windows: windows are
gathered on load with the cutting rule that the live path uses.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.abstention import Guard
from mlops.ml.artifact import content_hash
from mlops.ml.contract import BadArtifact, BadShape, BadValue, FloatArray, IntArray, NotEnoughData, Windows
from mlops.ml.mapped import float_array
from mlops.ml.windows import Scaler, WindowSpec, normalise, resample, sliding_windows, window_starts

MANIFEST = "manifest.json"
EVERYDAY = "everyday"
"""Folder and manifest field of the everyday movement that was added, see `mlops.ml.sensors.everyday`."""
COVERED = 0.8
"""A window takes a label when spans of that label cover at least this share of it."""
GATHERED = 512
"""Windows that are cut and normalised at a time."""
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class LabelledSeries:
    """One recording with its labels.

    t_s (T,) seconds, samples (T, channels); spans are (start_s, end_s, label) on the same axis; `reviewed` says that
    somebody looked at all of it, so that unlabelled time is none of the labels.
    """

    t_s: npt.NDArray[np.float64]
    samples: npt.NDArray[Any]
    spans: Sequence[tuple[float, float, str]]
    source_id: str
    reviewed: bool = False


@dataclass(frozen=True)
class ShardFacts:
    """What a shard holds."""

    subject: str
    n_windows: int
    per_label: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def window_label(
    start_s: float, end_s: float, spans: Sequence[tuple[float, float, str]], *, reviewed: bool, other: str | None
) -> str | None:
    """Return the label of the window [start_s, end_s), or None when no label covers enough of it.

    Unlabelled time of a reviewed recording counts as `other`, where there is such a label.
    """
    covered: dict[str, float] = {}
    for span_start, span_end, label in spans:
        if (overlap := min(end_s, span_end) - max(start_s, span_start)) > 0:
            covered[label] = covered.get(label, 0.0) + overlap
    if reviewed and other is not None:
        covered[other] = covered.get(other, 0.0) + (end_s - start_s) - min(sum(covered.values()), end_s - start_s)
    best = max(covered, key=lambda label: covered[label], default=None)
    return best if best is not None and covered[best] >= COVERED * (end_s - start_s) - 1e-9 else None


def write_subject_shard(
    directory: Path,
    subject: str,
    recordings: Iterable[LabelledSeries],
    spec: WindowSpec,
    labels: Sequence[str],
    other_label: str | None = None,
) -> ShardFacts:
    """Write the shard of one subject from all its recordings and return its facts; without windows, write none.

    Raises BadValue for a subject that cannot name a folder, BadShape when recordings differ in channels.
    """
    if not _SUBJECT.fullmatch(subject):
        raise BadValue(f"{subject[:80]!r} cannot name a shard")
    position = {label: i for i, label in enumerate(labels)}
    pieces: list[FloatArray] = []
    starts: list[int] = []
    y: list[int] = []
    sources: list[dict[str, Any]] = []
    offset = 0
    for series in recordings:
        n_before = len(starts)
        for segment in resample(series.t_s, series.samples, spec.rate_hz):
            if len(segment.samples) < spec.length:
                continue
            if pieces and segment.samples.shape[1] != pieces[0].shape[1]:
                raise BadShape("the recordings of one dataset have the same channels")
            kept = False
            for start in window_starts(len(segment.samples), spec.length, spec.stride):
                begin_s = segment.t0_s + start / spec.rate_hz
                label = window_label(
                    begin_s, begin_s + spec.duration_s, series.spans, reviewed=series.reviewed, other=other_label
                )
                if label in position:
                    starts.append(offset + int(start))
                    y.append(position[label])
                    kept = True
            if kept:
                pieces.append(segment.samples)
                offset += len(segment.samples)
        sources.append({"source": series.source_id, "n_windows": len(starts) - n_before})
    if not starts:
        return ShardFacts(subject, 0)
    folder = directory / "shards" / subject
    folder.mkdir(parents=True)
    np.save(folder / "samples.npy", np.concatenate(pieces).astype(np.float32), allow_pickle=False)
    np.save(folder / "starts.npy", np.asarray(starts, np.int64), allow_pickle=False)
    np.save(folder / "y.npy", np.asarray(y, np.int64), allow_pickle=False)
    (folder / "sources.json").write_text(json.dumps(sorted(sources, key=lambda source: source["source"]), indent=1))
    counts = np.bincount(y, minlength=len(labels))
    per_label = {label: int(counts[i]) for label, i in position.items() if counts[i]}
    return ShardFacts(subject, len(starts), per_label, offset / spec.rate_hz)


def write_manifest(
    directory: Path,
    *,
    spec: WindowSpec,
    labels: Sequence[str],
    layout: Mapping[str, Any],
    parts: Mapping[str, str],
    facts: Sequence[ShardFacts],
    **more: Any,
) -> dict[str, Any]:
    """Fit the scaler on the training subjects, then write and return the manifest.

    parts: subject → "train", "val" or "test". `more` is kept as it is (kind, split, sources, generated …).
    Raises NotEnoughData without a training subject.
    """
    training = sorted(subject for subject, part in parts.items() if part == "train")
    if not training:
        raise NotEnoughData("a dataset needs at least one training subject")
    scaler = None
    if spec.normalisation == "dataset":
        used = [shard_samples(directory, subject) for subject in training]
        scaler = Scaler.fit(np.concatenate(used)).to_json()
    manifest = {
        **more,
        "labels": list(labels),
        "window_spec": spec.to_json(),
        "layout": dict(layout),
        "scaler": scaler,
        "subjects": {
            fact.subject: {
                "part": parts[fact.subject],
                "n_windows": fact.n_windows,
                "per_label": fact.per_label,
                "seconds": round(fact.seconds, 2),
            }
            for fact in sorted(facts, key=lambda fact: fact.subject)
            if fact.n_windows
        },
        "content_hash": shards_hash(directory, labels, spec, parts),
    }
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False))
    return manifest


def read_dataset(directory: Path) -> dict[str, Any]:
    """Return the manifest of a dataset. Raises BadArtifact when it is missing or unreadable."""
    try:
        return dict(json.loads((directory / MANIFEST).read_text()))
    except (OSError, ValueError) as error:
        raise BadArtifact("the dataset has no readable manifest") from error


def load_windows(
    directory: Path, part: str | None = None, *, subjects: Sequence[str] | None = None, raw: bool = False
) -> Windows:
    """Return the windows of one part, or of the named subjects, normalised as the manifest says unless `raw`.

    A subject whose shard was removed is left out. Raises NotEnoughData when no window is left.
    """
    manifest = read_dataset(directory)
    spec = WindowSpec.from_json(manifest["window_spec"])
    known = manifest["subjects"]
    chosen = sorted(known if subjects is None else subjects)
    if part is not None:
        chosen = [subject for subject in chosen if known[subject]["part"] == part]
    starts: dict[str, IntArray] = {}
    y: list[IntArray] = []
    groups: list[npt.NDArray[np.str_]] = []
    for subject in chosen:
        folder = directory / "shards" / subject
        if not folder.is_dir():
            continue
        starts[subject] = shard_starts(directory, subject)
        y.append(shard_labels(directory, subject))
        groups.append(np.full(len(starts[subject]), subject))
    if not starts:
        raise NotEnoughData(f"the dataset has no windows in its {part or 'chosen'} part")
    scaler = None if manifest["scaler"] is None else Scaler.from_json(manifest["scaler"])
    values = _gather(directory, starts, spec, scaler, raw)
    return Windows(values, np.concatenate(y), np.concatenate(groups), tuple(manifest["labels"]))


def _gather(
    directory: Path, starts: Mapping[str, IntArray], spec: WindowSpec, scaler: Scaler | None, raw: bool
) -> FloatArray:
    """Cut and normalise the windows a few at a time; large arrays lie on disk (see `mlops.ml.mapped`)."""
    n_channels = shard_samples(directory, next(iter(starts))).shape[1]
    n_windows = sum(len(begin) for begin in starts.values())
    values = float_array((n_windows, spec.length, n_channels), directory)
    at = 0
    for subject, begin in starts.items():
        every = sliding_windows(shard_samples(directory, subject), spec.length, 1)
        for first in range(0, len(begin), GATHERED):
            piece = every[begin[first : first + GATHERED]]
            values[at : at + len(piece)] = piece if raw else normalise(piece, spec, scaler)
            at += len(piece)
    return values


def raw_by_subject(directory: Path) -> Iterator[tuple[str, str, FloatArray]]:
    """Yield (subject, part, (n, length, channels) raw windows) over all kept time, labelled or not, without overlap.

    What a served model meets is not cut to the labels, so this is what served windows are compared with. The few
    windows that reach over the end of a recording are part of it.
    """
    manifest = read_dataset(directory)
    spec = WindowSpec.from_json(manifest["window_spec"])
    for subject, facts in sorted(manifest["subjects"].items()):
        if (directory / "shards" / subject).is_dir():
            yield subject, facts["part"], sliding_windows(shard_samples(directory, subject), spec.length, spec.length)


def load_fold(directory: Path, subject: str) -> tuple[Windows, Windows]:
    """Return the windows of all other subjects and of `subject`, scaled by what the others look like.

    For leave-one-subject-out judging: the manifest's scaler knows everybody, so it is fitted anew.
    """
    manifest = read_dataset(directory)
    spec = WindowSpec.from_json(manifest["window_spec"])
    others = [name for name in manifest["subjects"] if name != subject]
    known = load_windows(directory, subjects=others, raw=True)
    unseen = load_windows(directory, subjects=[subject], raw=True)
    scaler = fold_scaler(directory, subject)
    return (
        replace(known, x=normalise(known.x, spec, scaler)),
        replace(unseen, x=normalise(unseen.x, spec, scaler)),
    )


def fold_scaler(directory: Path, subject: str) -> Scaler | None:
    """The scaler that knows everybody but `subject`; None where windows are not normalised by the dataset."""
    manifest = read_dataset(directory)
    if manifest["window_spec"]["normalisation"] != "dataset":
        return None
    shards = [name for name in manifest["subjects"] if name != subject and (directory / "shards" / name).is_dir()]
    return Scaler.fit(np.concatenate([shard_samples(directory, name) for name in shards]))


def dataset_guard(directory: Path, *, most: int = 20_000) -> Guard:
    """The guard for models of this dataset: from the training windows as measured, its limits from validation people.

    Of more than `most` windows evenly spread ones are taken. Raises NotEnoughData.
    """
    train = load_windows(directory, "train", raw=True)
    try:
        held_out = load_windows(directory, "val", raw=True)
    except NotEnoughData:
        held_out = train.take(np.zeros(0, np.int64))
    train, held_out = (part.take(np.arange(0, len(part), max(1, -(-len(part) // most)))) for part in (train, held_out))
    assert train.y is not None
    assert held_out.y is not None
    return Guard.fit(train.x, train.y, held_out.x, held_out.y, len(train.labels))


def remove_subject(directory: Path, subject: str) -> bool:
    """Delete one subject's shard; returns whether it was there. The manifest keeps its old hash as a name."""
    if not _SUBJECT.fullmatch(subject):
        return False
    folder = directory / "shards" / subject
    found = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    return found


def shards_hash(directory: Path, labels: Sequence[str], spec: WindowSpec, parts: Mapping[str, str]) -> str:
    """One SHA-256 over all shards, the labels, the cut, the split and the everyday movement that was added, if any; the
    order of writing does not matter."""
    digest = hashlib.sha256(content_hash(directory / "shards").encode())
    digest.update(json.dumps([list(labels), spec.to_json(), dict(sorted(parts.items()))], sort_keys=True).encode())
    if (directory / EVERYDAY).is_dir():
        digest.update(content_hash(directory / EVERYDAY).encode())
    return digest.hexdigest()


def shard_folder(directory: Path, subject: str) -> Path:
    """Return where the shard of a subject lies. Raises BadValue for a name that cannot name a folder."""
    if not _SUBJECT.fullmatch(subject):
        raise BadValue(f"{subject[:80]!r} cannot name a shard")
    return directory / "shards" / subject


def shard_samples(directory: Path, subject: str) -> npt.NDArray[np.float32]:
    """Return the samples of a subject (T, channels) float32, mapped from disk."""
    found: npt.NDArray[np.float32] = np.load(
        directory / "shards" / subject / "samples.npy", mmap_mode="r", allow_pickle=False
    )
    return found


def shard_starts(directory: Path, subject: str) -> IntArray:
    """Return the first samples of a subject's windows (n,)."""
    found: IntArray = np.load(directory / "shards" / subject / "starts.npy", allow_pickle=False)
    return found


def shard_labels(directory: Path, subject: str) -> IntArray:
    """Return the positions in the labels of a subject's windows (n,)."""
    found: IntArray = np.load(directory / "shards" / subject / "y.npy", allow_pickle=False)
    return found
