"""Windows whose every sample has a label, from recordings with spans: what movement phases are learned from.

A shard is as in `dataset`, with `labels.npy` (T,) int8 beside the samples instead of one label a window, −1 where
nothing is labelled. A window is kept when at least half of its samples have a label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UNLABELLED, BadArtifact, BadShape, FloatArray, NotEnoughData, Windows
from mlops.ml.metrics import Report, classification_report
from mlops.ml.sensors.dataset import LabelledSeries, ShardFacts, read_dataset, shard_folder, shard_samples
from mlops.ml.windows import Scaler, WindowSpec, normalise, resample, sliding_windows, window_starts

LABELLED = 0.5
TOLERANCE_S = 0.1
"""How far an edge may lie from the true one without counting as wrong in the tolerant accuracy."""


@dataclass(frozen=True)
class SequenceWindows(Windows):
    """Windows with y (n, time); `rate_hz` tells what a sample lasts."""

    rate_hz: float = 50.0

    def take(self, which: npt.NDArray[Any]) -> SequenceWindows:
        y = None if self.y is None else self.y[which]
        return SequenceWindows(self.x[which], y, self.groups[which], self.labels, self.rate_hz)


class SequenceReport(Report):
    """`accuracy_tolerant` forgives answers that are right somewhere within `TOLERANCE_S`."""

    accuracy_tolerant: float


def sample_labels(
    n: int, t0_s: float, rate_hz: float, spans: Sequence[tuple[float, float, str]], labels: Sequence[str]
) -> npt.NDArray[np.int8]:
    """Return (n,) label numbers of samples at ``t0_s + k / rate_hz``; of spans that overlap the later one wins."""
    position = {label: number for number, label in enumerate(labels)}
    found = np.full(n, UNLABELLED, np.int8)
    for start_s, end_s, label in sorted(spans):
        begin, end = (int(np.clip(np.ceil((s - t0_s) * rate_hz - 1e-6), 0, n)) for s in (start_s, end_s))
        if label in position:
            found[begin:end] = position[label]
    return found


def write_sequence_shard(
    directory: Path, subject: str, recordings: Iterable[LabelledSeries], spec: WindowSpec, labels: Sequence[str]
) -> ShardFacts:
    """Write the shard of one subject and return its facts; without windows, write none.

    `per_label` counts the windows in which a label occurs. Raises BadValue for a subject that cannot name a folder,
    BadShape when recordings differ in channels.
    """
    pieces: list[FloatArray] = []
    marks: list[npt.NDArray[np.int8]] = []
    starts: list[int] = []
    offset = 0
    folder = shard_folder(directory, subject)
    for series in recordings:
        for segment in resample(series.t_s, series.samples, spec.rate_hz):
            n = len(segment.samples)
            if pieces and segment.samples.shape[1] != pieces[0].shape[1]:
                raise BadShape("the recordings of one dataset have the same channels")
            own = sample_labels(n, segment.t0_s, spec.rate_hz, series.spans, labels)
            kept = [
                offset + int(start)
                for start in window_starts(n, spec.length, spec.stride)
                if (own[start : start + spec.length] != UNLABELLED).mean() >= LABELLED
            ]
            if kept:
                starts += kept
                pieces.append(segment.samples)
                marks.append(own)
                offset += n
    if not starts:
        return ShardFacts(subject, 0)
    folder.mkdir(parents=True)
    joined = np.concatenate(marks)
    np.save(folder / "samples.npy", np.concatenate(pieces).astype(np.float32), allow_pickle=False)
    np.save(folder / "starts.npy", np.asarray(starts, np.int64), allow_pickle=False)
    np.save(folder / "labels.npy", joined, allow_pickle=False)
    windows = np.lib.stride_tricks.sliding_window_view(joined, spec.length)[starts]
    per_label = {label: int((windows == i).any(axis=1).sum()) for i, label in enumerate(labels)}
    present = {label: n for label, n in per_label.items() if n}
    return ShardFacts(subject, len(starts), present, offset / spec.rate_hz)


def load_sequences(
    directory: Path,
    part: str | None = None,
    *,
    subjects: Sequence[str] | None = None,
    scaler: Scaler | None = None,
    raw: bool = False,
) -> SequenceWindows:
    """Return the windows of one part, or of the named subjects, normalised as the manifest says unless `raw`.

    `scaler` replaces the manifest's. A subject whose shard was removed is left out. Raises NotEnoughData when no
    window is left, BadArtifact for a shard of another kind.
    """
    manifest = read_dataset(directory)
    spec, known = WindowSpec.from_json(manifest["window_spec"]), manifest["subjects"]
    chosen = sorted(known if subjects is None else subjects)
    chosen = [subject for subject in chosen if part is None or known[subject]["part"] == part]
    x, y, groups = [], [], []
    for subject in chosen:
        folder = shard_folder(directory, subject)
        if not folder.is_dir():
            continue
        try:
            starts = np.load(folder / "starts.npy", allow_pickle=False)
            marks = np.load(folder / "labels.npy", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise BadArtifact(f"the shard of {subject} does not contain a label for every sample") from error
        x.append(sliding_windows(shard_samples(directory, subject), spec.length, 1)[starts])
        y.append(np.lib.stride_tricks.sliding_window_view(marks, spec.length)[starts].astype(np.int64))
        groups.append(np.full(len(starts), subject))
    if not x:
        raise NotEnoughData(f"the dataset has no windows in its {part or 'chosen'} part")
    stored = manifest["scaler"] and Scaler.from_json(manifest["scaler"])
    values = np.concatenate(x)
    if not raw:
        values = normalise(values, spec, scaler or stored or None)
    values = values.astype(np.float32, copy=False)
    return SequenceWindows(
        values, np.concatenate(y), np.concatenate(groups), tuple(manifest["labels"]), float(spec.rate_hz)
    )


def load_sequence_fold(directory: Path, subject: str) -> tuple[SequenceWindows, SequenceWindows]:
    """Return the windows of all others and of `subject`, both scaled by what the others look like."""
    manifest = read_dataset(directory)
    others = [name for name in manifest["subjects"] if name != subject]
    scaler = None
    if WindowSpec.from_json(manifest["window_spec"]).normalisation == "dataset":
        there = [name for name in others if shard_folder(directory, name).is_dir()]
        scaler = Scaler.fit(np.concatenate([shard_samples(directory, name) for name in there]))
    return (
        load_sequences(directory, subjects=others, scaler=scaler),
        load_sequences(directory, subjects=[subject], scaler=scaler),
    )


def sequence_report(answers: npt.NDArray[Any], data: SequenceWindows) -> SequenceReport:
    """Judge (n, time, classes) probabilities sample by sample; samples without a label do not count.

    Raises BadShape and, without any labelled sample, NotEnoughData.
    """
    if data.y is None:
        raise NotEnoughData("there are no labels to evaluate on")
    if answers.shape != (*data.y.shape, len(data.labels)):
        raise BadShape(f"answers of {answers.shape} for labels of {data.y.shape}")
    known = data.y != UNLABELLED
    report = classification_report(data.y[known], answers[known], data.labels)
    reach = round(TOLERANCE_S * data.rate_hz)
    guessed = answers.argmax(axis=2)
    right = np.zeros(guessed.shape, bool)
    for shift in range(-reach, reach + 1):
        right |= guessed == _shifted(data.y, shift)
    return {**report, "accuracy_tolerant": float(right[known].mean())}


def phases_of(answers: npt.NDArray[Any], labels: Sequence[str], rate_hz: float) -> list[dict[str, Any]]:
    """Return the runs of one label in (time, classes) answers: label, start_s, end_s, mean score."""
    best = answers.argmax(axis=1)
    cuts = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    return [
        {
            "label": labels[int(best[begin])],
            "start_s": begin / rate_hz,
            "end_s": end / rate_hz,
            "score": float(answers[begin:end, best[begin]].mean()),
        }
        for begin, end in pairwise(cuts)
    ]


def _shifted(y: npt.NDArray[np.int64], by: int) -> npt.NDArray[np.int64]:
    """Return labels moved along time, the ends filled with no label."""
    moved = np.full_like(y, UNLABELLED)
    if by == 0:
        return y
    if by > 0:
        moved[:, by:] = y[:, :-by]
    else:
        moved[:, :by] = y[:, -by:]
    return moved
