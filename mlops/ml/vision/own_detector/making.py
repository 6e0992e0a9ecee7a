"""From nothing to the shipped file: scenes, training, ONNX, figures, manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.vision.own_detector.export import write_manifest, write_onnx
from mlops.ml.vision.own_detector.measuring import boxes_per_frame, clip_frames, precision_by_class
from mlops.ml.vision.own_detector.network import SIDE
from mlops.ml.vision.own_detector.scene_set import rendered
from mlops.ml.vision.own_detector.training import DetectorSettings, OnStep, fit
from mlops.ml.vision.scenes.scene import CLASSES
from mlops.ml.vision.video.yolo import YoloDetector

CONFIDENCE = {name: 0.5 for name in CLASSES}
"""From which confidence a box of each class is kept: chosen so that few boxes show what is not in a real clip."""
CLIP_EVERY = 5


def make_detector(
    output: Path, settings: DetectorSettings, folder: Path, *, command: str, clips: Path | None, on_step: OnStep
) -> dict[str, Any]:
    """Write the ONNX file and its manifest; returns what the manifest says. Raises BadValue, UnreadableInput."""
    net, facts = fit(settings, folder, on_step)
    confidence = [CONFIDENCE[name] for name in CLASSES]
    write_onnx(net, output, CLASSES, confidence)
    told = {"command": command, "settings": settings.to_json(), **facts, **measured(output, settings, folder, on_step)}
    if clips is not None:
        told["boxes_per_frame_of_real_clips"] = of_clips(output, clips)
    told["least_confidence"] = dict(zip(CLASSES, confidence, strict=True))
    write_manifest(output, told)
    return told


def measured(output: Path, settings: DetectorSettings, folder: Path, on_step: OnStep) -> dict[str, Any]:
    """Average precision on scenes of another seed."""
    held_out = rendered(
        settings.n_held_out, SIDE, 2 * settings.seed + 1, folder, lambda done, n: on_step("held-out scenes", done, n)
    )
    by_class = precision_by_class(YoloDetector(output, keep_all=True), held_out)
    mean = float(np.mean([one["ap50"] for one in by_class.values()]))
    return {"ap50": round(mean, 4), "measured_on": f"{len(held_out)} held-out generated scenes", "classes": by_class}


def of_clips(output: Path, folder: Path) -> dict[str, Any]:
    """{clip: boxes of each class a frame} of the videos in a folder, every fifth frame."""
    detector = YoloDetector(output)
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".mp4", ".gif", ".mov", ".webm"))
    return {path.name: boxes_per_frame(detector, clip_frames(path, CLIP_EVERY)) for path in paths}
