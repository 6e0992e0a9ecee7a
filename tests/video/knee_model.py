"""A champion small enough for a test: it looks at one knee. `python -m tests.video.knee_model` gives a site one."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.artifact import read_manifest, write_artifact
from mlops.ml.vision.task_columns import FeaturePlan
from mlops.ml.vision.task_windows import TaskWindow

LABELS = ("stand", "squat")
SPEC = TaskWindow(2.0, 0.5).at(12.0)


def write_onnx(path: Path, plan: FeaturePlan) -> None:
    """Squat where the knee of the last sample is bent below 140°, which is the mean of the scaler."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    n, knee = len(plan.names), plan.names.index("right_knee_angle")
    weights = np.zeros((n, 2), np.float32)
    weights[knee] = (0.2, -0.2)
    bias = np.array([0.0, 0.0], np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["input", "last"], ["sample"], axis=1),
            helper.make_node("MatMul", ["sample", "weights"], ["product"]),
            helper.make_node("Add", ["product", "bias"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        ],
        "knee",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", SPEC.length, n])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2])],
        [
            numpy_helper.from_array(np.array(SPEC.length - 1, np.int64), "last"),
            numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias"),
        ],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, str(path))


def knee_champion(name: str = "moves") -> Any:
    """The task, with its champion."""
    from django.conf import settings

    from mlops.models import AliasName, LabelSet, ModelAlias, ModelVersion, Task
    from mlops.serving.services.versions import serving_forget

    labels = [{"name": one, "title": one.title(), "key": str(n)} for n, one in enumerate(LABELS, 1)]
    task = Task.objects.create(
        name=name, title="Moves", kind="video_task", label_set=LabelSet.objects.create(name="Moves", labels=labels),
        input={"detector": "mediapipe", "window_spec": SPEC.to_json()},
    )  # fmt: skip
    plan, folder = FeaturePlan("mediapipe"), f"knee-{uuid.uuid4().hex[:8]}"
    mean = [140.0 if one.endswith("knee_angle") else 0.0 for one in plan.names]
    manifest = {
        "kind": "video_task", "estimator": "tiny", "labels": list(LABELS), "window_spec": SPEC.to_json(),
        "scaler": {"mean": mean, "std": [1.0] * len(mean)}, "plan": plan.to_json(), "generated": True,
        "layout": {"name": "video", "channels": list(plan.names), "rate_hz": SPEC.rate_hz},
    }  # fmt: skip
    path = write_artifact(
        Path(settings.MEDIA_ROOT) / "models", folder, lambda at: write_onnx(at / "model.onnx", plan), manifest
    )
    version = ModelVersion.objects.create(
        task=task, number=3, estimator="tiny", artifact_dir=f"models/{folder}",
        artifact_hash=read_manifest(path)["content_hash"],
    )  # fmt: skip
    ModelAlias.objects.create(task=task, name=AliasName.CHAMPION, version=version)
    serving_forget()
    return task


def main() -> None:
    import django

    django.setup()
    knee_champion()


if __name__ == "__main__":
    main()
