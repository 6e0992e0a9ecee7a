"""Poses from the first network that is here: YOLO-pose, RTMPose, MediaPipe. Which one answered is in the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.parts.store import PartMissing
from mlops.ml.vision.photos import Image, photos_of
from mlops.ml.vision.pose2d.component import PoseComponent
from mlops.ml.vision.pose2d.found import Pose2D
from mlops.ml.vision.pose2d.mediapipe import MediaPipePose
from mlops.ml.vision.pose2d.rtmpose import RTMPose
from mlops.ml.vision.pose2d.ultralytics import UltralyticsPose
from mlops.ml.vision.pose2d.yolo_pose import YoloPose
from mlops.ml.vision.video.options import BUNDLED

_CLASSES: dict[str, Callable[..., PoseComponent]] = {
    "yolov8s-pose": YoloPose,
    "rtmpose-body": RTMPose,
    "pose-heavy": MediaPipePose,
    "pose-full": MediaPipePose,
    "pose-lite": MediaPipePose,
    BUNDLED: MediaPipePose,
}
ORDER = tuple(_CLASSES)
"""What is asked, one after the other; the last comes with the library mediapipe and is always here."""


class PosePipeline:
    """Pictures → poses.

    use_fallback  False: the first network answers, or PartMissing says how to get it; True: what is missing or damaged
                  is passed over, and `skipped` of the answer says why
    primary       which network is asked first; the others follow in the order of `ORDER`
    yolo, rtmpose an ONNX file or its folder; `yolo` may be an open model of the library ultralytics
    device        "auto" (a graphics card where ONNX Runtime has one), "cpu" or "cuda"

    >>> PosePipeline(use_fallback=False).infer_2d("squat.jpg").by     # doctest: +SKIP
    'yolov8s-pose'
    """

    def __init__(
        self, use_fallback: bool = False, *, primary: str = ORDER[0], yolo: Any = None,
        rtmpose: str | Path | None = None, device: str = "auto", threads: int = 1,
    ) -> None:  # fmt: skip
        if primary not in ORDER:
            raise BadValue(f"primary is one of {', '.join(ORDER)}")
        self.use_fallback, self.primary = use_fallback, primary
        where: dict[str, Any] = {name: name for name in ORDER} | {"rtmpose-body": rtmpose or "rtmpose-body"}
        self._networks = {
            name: _CLASSES[name](where[name], device, threads=threads) for name in (primary, *ORDER) if name in where
        }
        if isinstance(yolo, str | Path):
            self._networks["yolov8s-pose"] = YoloPose(yolo, device, threads=threads)
        elif yolo is not None:
            self._networks["yolov8s-pose"] = UltralyticsPose(yolo)

    def infer_2d(self, image: Image) -> Pose2D:
        """The person who stands out most, and the others; `is_found` is False where nobody is.

        image  the content of a file, its path, or pixels (height, width, 3) uint8: red, green, blue
        Raises PartMissing, BadArtifact, UnreadableInput, BadShape, BadValue.
        """
        photo = photos_of([image])[0]
        network, skipped = self._first()
        return replace(network.poses([photo])[0], skipped=skipped)

    def available(self) -> dict[str, str]:
        """Each network in the order of asking: "" where it would answer, else why not. Loads those that are here."""
        return {name: _why_not(network) for name, network in self._networks.items()}

    def _first(self) -> tuple[PoseComponent, tuple[tuple[str, str], ...]]:
        skipped: list[tuple[str, str]] = []
        for name, network in self._networks.items():
            try:
                network.load()
                return network, tuple(skipped)
            except (PartMissing, BadArtifact, BadValue) as error:
                if not self.use_fallback:
                    raise
                skipped.append((name, str(error)))
        raise BadArtifact("no network of poses can be used: " + "; ".join(why for _, why in skipped))


def _why_not(network: PoseComponent) -> str:
    try:
        network.load()
    except (PartMissing, BadArtifact, BadValue) as error:
        return str(error)
    return ""
