"""Feature files → a data set of labelled windows: X_train.npy, y_train.npy, … val, test, and metadata.json.

An immutable folder, sealed by a manifest with the hash of every file. The same files and settings give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.artifact import content_hash, read_manifest, write_artifact
from mlops.ml.contract import BadArtifact, BadValue, IntArray, NotEnoughData, OnStep, Windows, ignore
from mlops.ml.vision.task_columns import FeaturePlan
from mlops.ml.vision.task_splits import PARTS, TaskSplit, Where, split_windows
from mlops.ml.vision.task_store import ArrayWriter, FrameStore
from mlops.ml.vision.task_windows import ScalerSums, TaskWindow, cut, flag_columns, normalised, windows_of
from mlops.ml.windows import Balance, Scaler, WindowSpec, balance

METADATA = "metadata.json"
KIND = "task_windows"
CHUNK = 512
"""Windows that are written at a time."""


@dataclass(frozen=True)
class TaskDatasetConfig:
    """How windows are cut, balanced and split; `seed` gives the same split of the same files again."""

    window: TaskWindow = field(default_factory=TaskWindow)
    balance: Balance = "none"
    ratios: tuple[float, float, float] = (0.7, 0.15, 0.15)
    split_by: str = "video"
    plan: FeaturePlan = field(default_factory=FeaturePlan)
    rate_hz: float = 0.0
    """Frames a second that windows are sampled at; 0: near those of the files (`TaskWindow.grid_rate`)."""
    seed: int = 0


@dataclass(frozen=True)
class _Index:
    """Every window: its stretch and first sample, and where it lies."""

    stretch: IntArray
    start: IntArray
    where: Where
    n_unlabelled: int
    n_unseen: int


def build_task_dataset(
    files: Sequence[Path], output: Path, config: TaskDatasetConfig | None = None, on_step: OnStep = ignore
) -> dict[str, Any]:
    """Write the folder `output`, which must not exist; return its metadata.

    Memory holds the frames of one video and a few numbers a window, never all frames or windows.
    Raises NotEnoughData (no labels, fewer than two labels to train on), BadValue, UnreadableInput for a file that is no
    feature file, BadArtifact when the folder exists already.
    """
    config = config or TaskDatasetConfig()
    if not files:
        raise NotEnoughData("There are no feature files")
    balance(np.zeros(0), config.balance)
    output = Path(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".task-", dir=output.parent) as work:
        store = FrameStore(Path(work, "frames"), config.plan, config.rate_hz, config.window)
        store.read([Path(file) for file in files], on_step)
        store.sort()
        spec = config.window.at(store.rate_hz)
        index = _index(store, spec)
        split = split_windows(
            index.where, by=config.split_by, ratios=config.ratios, window_s=config.window.window_s, seed=config.seed
        )
        sums = _sums(store, index, split, spec)
        told: dict[str, Any] = {}

        def fill(directory: Path) -> None:
            counts = {
                part: _write_part(directory, part, _chosen(index, split, number, config), store, index, spec, sums)
                for number, part in enumerate(PARTS)
            }
            told.update(_metadata(store, index, split, spec, config, sums, counts))
            facts = json.dumps(told, sort_keys=True) + content_hash(directory)
            told["content_hash"] = hashlib.sha256(facts.encode()).hexdigest()
            text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False)
            (directory / METADATA).write_text(text + "\n", "utf-8")

        write_artifact(output.parent, output.name, fill, {"kind": KIND})
    return told


def _index(store: FrameStore, spec: WindowSpec) -> _Index:
    if not len(store):
        raise NotEnoughData("None of the frames has a time")
    flags = flag_columns(store.plan.names)
    starts: list[IntArray] = []
    labels: list[IntArray] = []
    seconds: list[Any] = []
    n_unlabelled = n_unseen = 0
    for _, stretch in store.stretches():
        own = cut(stretch, spec, len(store.labels), flags)
        n_unlabelled += own.n_unlabelled
        n_unseen += own.n_unseen
        starts.append(own.starts)
        labels.append(own.y)
        seconds.append(stretch.t0_s + own.starts / spec.rate_hz)
    start, y, start_s = np.concatenate(starts), np.concatenate(labels), np.concatenate(seconds)
    stretch_of = np.repeat(np.arange(len(starts), dtype=np.int64), [len(one) for one in starts])
    video = np.array([store.video_of(number) for number in range(len(starts))], np.int64)[stretch_of]
    if len(np.unique(y)) < 2:
        raise NotEnoughData(
            "Fewer than two labels have a full window. Label at least "
            f"{spec.duration_s:g} seconds in a row of each of two labels"
        )
    people = sorted(set(store.people.values()))
    person = np.array([people.index(store.people[name]) for name in store.videos], np.int64)[video]
    where = Where(video, person, start_s, start_s + spec.duration_s, y)
    return _Index(stretch_of, start, where, n_unlabelled, n_unseen)


def _sums(store: FrameStore, index: _Index, split: TaskSplit, spec: WindowSpec) -> ScalerSums:
    """The scaler of the training windows."""
    taught = split.part == 0
    if len(np.unique(index.where.y[taught])) < 2:
        raise NotEnoughData("The training part has fewer than two labels. Add another video with both")
    sums = ScalerSums(len(store.plan.names))
    for number, starts in _by_stretch(index, np.flatnonzero(taught)):
        sums.add(store.stretch(number), starts, spec.length)
    return sums


def _chosen(index: _Index, split: TaskSplit, number: int, config: TaskDatasetConfig) -> IntArray:
    """Positions of the windows of a part, in order; balanced where they teach."""
    mine = np.flatnonzero(split.part == number)
    return mine if number else mine[balance(index.where.y[mine], config.balance, config.seed)]


def _by_stretch(index: _Index, chosen: IntArray) -> list[tuple[int, IntArray]]:
    """(stretch, first samples) of sorted positions of windows."""
    if not len(chosen):
        return []
    own = index.stretch[chosen]
    cuts = np.flatnonzero(np.diff(own)) + 1
    return [(int(own[at[0]]), index.start[chosen[at]]) for at in np.split(np.arange(len(chosen)), cuts)]


def _write_part(
    directory: Path, part: str, chosen: IntArray, store: FrameStore, index: _Index, spec: WindowSpec, sums: ScalerSums
) -> dict[str, Any]:
    scaler = sums.scaler()
    out = ArrayWriter(
        directory / f"X_{part}.npy", (len(chosen), spec.length, len(store.plan.names)), np.float32
    )
    try:
        for number, starts in _by_stretch(index, chosen):
            whole = store.stretch(number)
            stretch = replace(whole, x=normalised(whole.x, scaler))
            for at in range(0, len(starts), CHUNK):
                out.write(windows_of(stretch, spec, starts[at : at + CHUNK]))
    finally:
        out.close()
    y, video = index.where.y[chosen].astype(np.int64), index.where.video[chosen].astype(np.int64)
    np.save(directory / f"y_{part}.npy", y, allow_pickle=False)
    np.save(directory / f"video_{part}.npy", video, allow_pickle=False)
    np.save(directory / f"start_{part}.npy", index.where.start_s[chosen], allow_pickle=False)
    per_label = np.bincount(y, minlength=len(store.labels))
    return {
        "n_windows": len(chosen),
        "per_label": {label: int(n) for label, n in zip(store.labels, per_label, strict=True)},
        "videos": [store.videos[i] for i in np.unique(video)],
    }


def _metadata(
    store: FrameStore, index: _Index, split: TaskSplit, spec: WindowSpec, config: TaskDatasetConfig, sums: ScalerSums,
    counts: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    notes = list(split.notes)
    for part, found in counts.items():
        lost = [label for label, n in found["per_label"].items() if not n]
        if not found["n_windows"]:
            notes.append(f"The part {part} is empty.")
        elif lost:
            notes.append(f"The part {part} has no {', '.join(lost)}.")
    return {
        "feature_names": list(store.plan.names),
        "plan": store.plan.to_json(),
        "scaler": sums.scaler().to_json(),
        "label_mapping": {label: number for number, label in enumerate(store.labels)},
        "window_spec": spec.to_json(),
        "window": config.window.to_json(),
        "balance": config.balance,
        "split": {
            "how": split.how, "ratios": list(config.ratios), "seed": config.seed, "gap_s": split.gap_s, "notes": notes,
            "n_in_gaps": int((split.part < 0).sum()), "parts": dict(counts),
        },
        "missing": {
            "share_of_training_samples": sums.missing(store.plan.names),
            "n_windows_without_a_label": index.n_unlabelled,
            "n_windows_without_anybody": index.n_unseen,
            "filled_with": "the last known value for half a second, then the training mean",
        },
        "videos": store.videos,
        "people": {video: store.people[video] for video in store.videos},
        "generated": [video for video in store.videos if video in store.generated],
        "n_frames": store.n_frames,
    }  # fmt: skip


@dataclass(frozen=True)
class TaskDataset:
    """A data set that was built: its metadata, and its parts as windows."""

    directory: Path
    metadata: dict[str, Any]
    dataset_hash: str

    @classmethod
    def open(cls, directory: Path) -> TaskDataset:
        """Check every file and read the metadata. Raises BadArtifact."""
        manifest = read_manifest(Path(directory))
        try:
            metadata = json.loads(Path(directory, METADATA).read_text("utf-8"))
            WindowSpec.from_json(metadata["window_spec"])
            Scaler.from_json(metadata["scaler"])
        except (OSError, ValueError, KeyError, TypeError, BadValue) as error:
            raise BadArtifact(f"{Path(directory).name} is no data set of a task") from error
        return cls(Path(directory), metadata, manifest["content_hash"])

    @property
    def labels(self) -> tuple[str, ...]:
        """Names in the order of the label numbers."""
        return tuple(sorted(self.metadata["label_mapping"], key=self.metadata["label_mapping"].__getitem__))

    def part(self, name: str) -> Windows:
        """The windows of "train", "val" or "test", normalised, their video as the group; mapped from the disk."""
        x, y, video = (np.load(self.directory / f"{what}_{name}.npy", mmap_mode="r", allow_pickle=False)
                       for what in ("X", "y", "video"))  # fmt: skip
        videos = np.array(self.metadata["videos"])
        return Windows(x, np.array(y), videos[np.asarray(video)] if len(video) else videos[:0], self.labels)

    def starts(self, name: str) -> Any:
        """(n,) seconds of its video at which each window of a part begins."""
        return np.load(self.directory / f"start_{name}.npy", allow_pickle=False)
