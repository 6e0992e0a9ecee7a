"""A model small enough to make in a test: three classes, decided by the last sample of the window."""

import uuid
from pathlib import Path

import numpy as np
from django.conf import settings

from mlops.ml.artifact import read_manifest, write_artifact
from mlops.ml.sensors.layouts import FLEXTAIL
from mlops.ml.windows import WindowSpec
from mlops.models import AliasName, LabelSet, ModelAlias, ModelVersion, Task
from mlops.serving.services.versions import serving_forget

LABELS = ("squat", "row", "other")


def write_onnx(path: Path, *, seed: int, length: int, n_channels: int) -> None:
    """softmax(last sample @ weights): input (batch, length, channels) → probabilities (batch, 3)."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    weights = np.random.default_rng(seed).normal(0, 1.5, (n_channels, len(LABELS))).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["input", "last"], ["sample"], axis=1),
            helper.make_node("MatMul", ["sample", "weights"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        ],
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", length, n_channels])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(LABELS)])],
        [
            numpy_helper.from_array(np.array(length - 1, np.int64), "last"),
            numpy_helper.from_array(weights, "weights"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, str(path))


def make_task(name: str = "exercise", layout: str = "flextail") -> Task:
    """A sensor Task with the three labels."""
    labels = [{"name": name, "title": name.title(), "key": str(n)} for n, name in enumerate(LABELS, 1)]
    label_set = LabelSet.objects.create(name="Tiny", labels=labels, is_shared=True)
    return Task.objects.create(
        name=name, title="Exercise", kind="sensor_classification", input={"layout": layout}, label_set=label_set
    )


def make_version(
    task: Task, *, seed: int = 1, spec: WindowSpec | None = None, number: int = 1, **facts: object
) -> ModelVersion:
    """A version whose artifact lies among the private files of the test; `facts` join its manifest."""
    spec = spec or WindowSpec()
    name = f"tiny-{uuid.uuid4().hex[:8]}"
    manifest = {
        "kind": "sensor_classification", "estimator": "tiny", "labels": list(LABELS), "window_spec": spec.to_json(),
        "scaler": None, "layout": {**FLEXTAIL.to_dict(), "channels": list(FLEXTAIL.channel_names)}, "demo": True,
        **facts,
    }
    path = write_artifact(
        Path(settings.MEDIA_ROOT) / "models", name,
        lambda folder: write_onnx(folder / "model.onnx", seed=seed, length=spec.length, n_channels=5), manifest,
    )
    return ModelVersion.objects.create(
        task=task, number=number, estimator="tiny", artifact_dir=f"models/{name}",
        artifact_hash=read_manifest(path)["content_hash"],
    )


def promote(version: ModelVersion) -> None:
    """Make it the champion."""
    ModelAlias.objects.update_or_create(task=version.task, name=AliasName.CHAMPION, defaults={"version": version})
    serving_forget()


def movement(seconds: float, *, rate_hz: float = 50.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(t, samples (n, 5)): smooth noise, the same for the same seed."""
    n = round(seconds * rate_hz)
    rng = np.random.default_rng(seed)
    t = np.arange(n) / rate_hz
    phase, speed = rng.uniform(0, 6, 5), rng.uniform(0.5, 3, 5)
    samples = np.sin(t[:, None] * speed + phase) + rng.normal(0, 0.05, (n, 5))
    return np.round(t, 6), samples.astype(np.float32)
