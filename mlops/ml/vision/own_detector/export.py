"""The ONNX file that is shipped, made like the export of a YOLO network, and the manifest beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from mlops.ml.artifact import sha256_of
from mlops.ml.torch_onnx import write_graph
from mlops.ml.vision.own_detector.network import SIDE, DetectorNet, YoloShaped
from mlops.ml.vision.video.yolo import CONFIDENCE_KEY

MAX_BYTES = 5_000_000
MANIFEST = "manifest.json"
LICENCE = "Apache-2.0"


def write_onnx(net: DetectorNet, path: Path, labels: Sequence[str], confidence: Sequence[float]) -> None:
    """images (n, 3, 256, 256) → (n, 4 + classes, 1024), names and least confidences in the file's own facts."""
    shaped = YoloShaped(net.float().eval(), SIDE).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_graph(shaped, path, {"images": torch.zeros(2, 3, SIDE, SIDE)}, ["output0"])
    set_facts(path, labels, confidence)
    assert path.stat().st_size <= MAX_BYTES


def set_facts(path: Path, labels: Sequence[str], confidence: Sequence[float]) -> None:
    """Names of classes, and from which confidence a box of each is kept."""
    import onnx

    model = onnx.load(str(path))
    facts = {"names": str(dict(enumerate(labels))), CONFIDENCE_KEY: json.dumps([round(one, 3) for one in confidence])}
    onnx.helper.set_model_props(model, facts)
    onnx.save(model, str(path))


def write_manifest(path: Path, told: Mapping[str, Any]) -> None:
    """What the file is, how it was made, and what was measured on what."""
    facts = {
        "file": path.name,
        "sha256": sha256_of(path),
        "bytes": path.stat().st_size,
        "licence": LICENCE,
        "data": "generated scenes alone; nobody's photo",
        **told,
    }
    (path.parent / MANIFEST).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
