"""What the networks of poses have in common: pictures in, one `Pose2D` each out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from mlops.ml.parts.component import Component, resolve
from mlops.ml.vision.photos import Image, Photo, photos_of, without_paths
from mlops.ml.vision.pose2d.found import Pose2D


class PoseComponent(Component):
    """Subclasses write `_load` and `_pose`; `keypoint_set` says which points they find."""

    takes: ClassVar[str] = "image"
    keypoint_set: ClassVar[str] = ""
    max_batch = 8

    @property
    def by(self) -> str:
        """The name that answers carry: the part's, or that of the file or folder."""
        return Path(self.model_id).name if "/" in self.model_id else self.model_id

    @property
    def folder(self) -> Path:
        """Where its files lie; a path to one file will do. Raises PartMissing, BadArtifact, BadValue."""
        path = Path(self.model_id).expanduser()
        return path if path.is_file() else resolve(self.model_id)

    def poses(self, images: Sequence[Image]) -> list[Pose2D]:
        """One answer a picture (bytes of a file, a path, or pixels (height, width, 3) uint8).

        Raises PartMissing, BadArtifact, UnreadableInput, BadShape, BadValue.
        """
        self.load()
        return [self._pose(photo) for photo in photos_of(images)]

    def answer(self, inputs: list[Any]) -> list[Any]:
        """`Pose2D.to_json` of each picture, which is bytes or pixels; what the models server calls."""
        return [one.to_json() for one in self.poses(without_paths(inputs))]

    def _pose(self, photo: Photo) -> Pose2D:
        raise NotImplementedError
