"""What a data-set builder keeps on disk while it works, and large arrays that are written piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UNLABELLED, FloatArray, IntArray, NotEnoughData, OnStep
from mlops.ml.limited import in_child
from mlops.ml.vision.task_columns import FeaturePlan
from mlops.ml.vision.task_features import READING, FileFacts, Frames, read_frames
from mlops.ml.vision.task_windows import Stretch, TaskWindow, on_grid, usual_rate


class ArrayWriter:
    """One .npy file of known shape, written from the first row to the last."""

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self.file: BinaryIO = path.open("wb")
        header = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self.file, header)

    def write(self, rows: npt.NDArray[Any]) -> None:
        """The next rows."""
        self.file.write(np.ascontiguousarray(rows, self.dtype).data)

    def close(self) -> None:
        self.file.close()


@dataclass
class FrameStore:
    """The stretches of many videos on a uniform grid, on disk; only where they lie and their labels are in memory.

    rate_hz  frames a second of the grid; 0: near the usual rate of the files that are read first
    window   then windows of it are whole samples (`TaskWindow.grid_rate`)
    """

    path: Path
    plan: FeaturePlan
    rate_hz: float = 0.0
    window: TaskWindow = field(default_factory=TaskWindow)
    videos: list[str] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    generated: set[str] = field(default_factory=set)
    labels: list[str] = field(default_factory=list)
    n_frames: int = 0
    n_labelled: int = 0
    _where: list[tuple[int, int, int, float]] = field(default_factory=list)  # video, first row, rows, t0
    _y: list[npt.NDArray[np.int16]] = field(default_factory=list)
    _n_rows: int = 0

    def read(self, files: Sequence[Path], on_step: OnStep) -> None:
        """Read feature files one after the other, in a limited child: they may be anybody's.

        Raises NotEnoughData, BadValue, UnreadableInput.
        """
        times: list[npt.NDArray[np.float64]] = []
        pieces: list[Frames] = []
        seen: set[str] = set()
        done = 0

        with self.path.open("ab") as out:

            def take(frames: Frames) -> None:
                if not self.rate_hz:
                    self.rate_hz = self.window.grid_rate(usual_rate(times))
                if pieces and pieces[0].video != frames.video:
                    self._add(pieces, out)
                    pieces.clear()
                pieces.append(frames)
                seen.add(frames.video)

            def end(facts: FileFacts) -> None:
                nonlocal done
                if pieces:
                    self._add(pieces, out)
                pieces.clear()
                for video in seen:
                    self.people.setdefault(video, facts.person or video)
                    if facts.is_generated:
                        self.generated.add(video)
                seen.clear()
                done += 1
                on_step(done, len(files))

            on_step(0, len(files))
            read = in_child(read_frames, READING)
            read(
                [Path(file) for file in files],
                self.plan.detector,
                list(self.plan.things),
                on_times=lambda first: times.append(np.asarray(first, np.float64)),
                on_frames=take,
                on_file=end,
            )
        if not self.n_labelled:
            raise NotEnoughData("None of the frames has a label. Extract the features again with labels")

    def _add(self, pieces: Sequence[Frames], out: BinaryIO) -> None:
        """Frames of one video that follow each other."""
        video = pieces[0].video
        if video not in self.videos:
            self.videos.append(video)
        y = np.concatenate([self._numbers(piece) for piece in pieces])
        t, x = np.concatenate([p.t for p in pieces]), np.concatenate([p.x for p in pieces])
        self.n_frames += len(t)
        self.n_labelled += int((y != UNLABELLED).sum())
        for stretch in on_grid(t, x, y, self.rate_hz):
            out.write(np.ascontiguousarray(stretch.x).data)
            self._where.append((self.videos.index(video), self._n_rows, len(stretch.x), stretch.t0_s))
            self._y.append(stretch.y.astype(np.int16))
            self._n_rows += len(stretch.x)

    def _numbers(self, piece: Frames) -> IntArray:
        for name in piece.labels:
            if name not in self.labels:
                self.labels.append(name)
        known = np.array([*(self.labels.index(name) for name in piece.labels), UNLABELLED], np.int64)
        return known[piece.y]

    def sort(self) -> None:
        """Number labels and videos by name, so that the order of the files changes nothing; stretches by video."""
        names = sorted(self.labels)
        known = np.array([*(names.index(name) for name in self.labels), UNLABELLED], np.int16)
        self.labels, self._y = names, [known[y] for y in self._y]
        videos = sorted(self.videos)
        self._where = [(videos.index(self.videos[video]), first, n, t0) for video, first, n, t0 in self._where]
        self.videos = videos
        order = sorted(range(len(self._where)), key=lambda i: (self._where[i][0], self._where[i][3], self._where[i][2]))
        self._where, self._y = [self._where[i] for i in order], [self._y[i] for i in order]

    def __len__(self) -> int:
        return len(self._where)

    def video_of(self, number: int) -> int:
        """The video of a stretch."""
        return self._where[number][0]

    def stretch(self, number: int) -> Stretch:
        """Read one stretch from the disk."""
        _, first, n, t0 = self._where[number]
        width = len(self.plan.names)
        x: FloatArray = np.fromfile(self.path, np.float32, n * width, offset=4 * first * width).reshape(n, width)
        return Stretch(t0, x, self._y[number].astype(np.int64))

    def stretches(self) -> Iterator[tuple[int, Stretch]]:
        """(number, stretch) of all, one at a time."""
        for number in range(len(self)):
            yield number, self.stretch(number)

