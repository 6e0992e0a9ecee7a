"""MediaPipe's landmarkers behind our `Component`: an instance per thread or stream, times that increase, no fork.

An instance that two threads use at once breaks for good, and a child that was forked after MediaPipe has run is aborted
by it. The first cannot happen here; the second is refused. Nothing leaves the machine: the library opens no connection.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import numpy as np

from mlops.ml.contract import BadArtifact, BadValue, MLError
from mlops.ml.parts.component import Component
from mlops.ml.vision.photos import Image, Photo, photos_of
from mlops.ml.vision.task_file import TASK_FILE

T = TypeVar("T")
"""What is found in one picture."""
MAX_S = 2.0**40
_ran_in: int | None = None
"""The process in which MediaPipe has run."""


class NotAfterFork(MLError):
    """MediaPipe has run in the process that this one was forked from."""

    code = "forked"


class Landmarker(Component, Generic[T]):
    """Subclasses say which landmarker of the Tasks API they are and how its answer reads."""

    max_batch = 8
    _task: str
    """Class of `mediapipe.tasks.python.vision`; its options are called the same with "Options" behind."""
    _options: dict[str, Any]

    def find(self, images: Sequence[Image]) -> list[T]:
        """What is in each picture by itself, nothing carried over from the one before; see the subclass for T.

        images  the content of a file, its path, or pixels (height, width, 3) uint8: red, green, blue
        Raises PartMissing, BadArtifact, UnreadableInput, BadShape, BadValue, NotAfterFork.
        """
        self.load()
        photos = photos_of(images)
        landmarker = self._of_this_thread()
        return [self._read(landmarker.detect(_image(photo))) for photo in photos]

    def stream(self) -> Stream[T]:
        """A video or camera, frame by frame. Raises as `find`."""
        self.load()
        return Stream(self._made("VIDEO"), self._read)

    def _load(self, folder: Path) -> None:
        self._file = folder / TASK_FILE
        if not self._file.is_file():
            raise BadArtifact(f"{folder.name} contains no {TASK_FILE}")
        self._instances = threading.local()

    def _close(self) -> None:
        self._instances = threading.local()  # the instances of all threads go with the old one

    def _read(self, result: Any) -> T:
        raise NotImplementedError

    def _of_this_thread(self) -> Any:
        found = getattr(self._instances, "landmarker", None)
        if found is None:
            found = self._instances.landmarker = self._made("IMAGE")
        _not_after_fork()
        return found

    def _made(self, mode: str) -> Any:
        _not_after_fork()
        from mediapipe.tasks.python import BaseOptions, vision

        options = getattr(vision, f"{self._task}Options")(
            base_options=BaseOptions(model_asset_path=str(self._file)),
            running_mode=vision.RunningMode[mode],
            **self._options,
        )
        try:
            return getattr(vision, self._task).create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise BadArtifact(f"{self._file.name} cannot be loaded: {str(error)[:200]}") from error


class Stream(Generic[T]):
    """Frames of one video in their order; what was found in a frame helps to find it in the next, and is quicker.

    For one thread. Close it, or use it in a `with` block.
    """

    def __init__(self, landmarker: Any, read: Any) -> None:
        self._landmarker, self._read, self._last_ms = landmarker, read, -1

    def find(self, frame: Photo, t_s: float) -> T:
        """What is in a frame (height, width, 3) uint8 at `t_s` seconds of the video's own time, 0 or later.

        Raises BadShape, BadValue where a frame is not at least a millisecond later than the one before, NotAfterFork.
        """
        _not_after_fork()
        if not isinstance(frame, np.ndarray):
            raise BadValue("a frame is an array of pixels")
        photo = photos_of([frame])[0]
        if not 0 <= t_s < MAX_S:
            raise BadValue("the time of a frame is a number of seconds, 0 or later")
        t_ms = round(1000 * t_s)
        if t_ms <= self._last_ms:
            raise BadValue(f"a frame at {t_ms} ms comes after one at {self._last_ms} ms")
        self._last_ms = t_ms
        found: T = self._read(self._landmarker.detect_for_video(_image(photo), t_ms))
        return found

    def close(self) -> None:
        self._landmarker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _image(photo: Photo) -> Any:
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=photo)


def _not_after_fork() -> None:
    global _ran_in
    if _ran_in is None:
        _ran_in = os.getpid()
    elif _ran_in != os.getpid():
        raise NotAfterFork("MediaPipe has run in the parent of this process; start it anew instead of forking it")
