"""The models of the live benchmark: the champion that ships, or a network made here with random weights.

Random weights are as good as any: what a network costs does not depend on what it knows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

LABELS = ("squat", "deadlift", "plank", "pushup", "row", "burpee", "other")
NETWORKS = ("bilstm", "cnn")
CHAMPION = "champion"
MODELS = (*NETWORKS, CHAMPION)


def write_model(folder: Path, name: str, *, length: int = 150, n_channels: int = 5) -> None:
    """Export one of `NETWORKS`, in its default size, to folder/model.onnx."""
    import torch

    from mlops.ml.registry import estimator_class
    from mlops.ml.torch_onnx import write_onnx

    torch.manual_seed(0)
    estimator: Any = estimator_class(name)(labels=LABELS)
    network = estimator.build_network(n_channels, len(LABELS))
    write_onnx(torch.nn.Sequential(network, torch.nn.Softmax(dim=1)), folder / "model.onnx", (length, n_channels))


def register_model(name: str) -> Any:
    """Let the model answer the shipped exercise task; returns its ModelVersion. `CHAMPION` answers it already."""
    from django.db.models import Max

    from mlops.ml.artifact import read_manifest, write_artifact
    from mlops.ml.windows import WindowSpec
    from mlops.models import AliasName, ModelAlias, ModelVersion, Task
    from mlops.registry.services.artifacts import models_root
    from mlops.registry.services.promotion import version_promote

    task = Task.objects.get(name="exercise")
    if name == CHAMPION:
        return ModelAlias.objects.get(task=task, name=AliasName.CHAMPION).version
    number = (ModelVersion.objects.filter(task=task).aggregate(n=Max("number"))["n"] or 0) + 1
    layout = {"name": "flextail", "channels": ["lumbarAngle", "sagittal", "lateral", "twist", "acceleration"],
              "rate_hz": 50.0}
    manifest = {
        "kind": "sensor_classification", "estimator": name, "labels": list(LABELS),
        "window_spec": WindowSpec().to_json(), "scaler": None, "layout": layout, "demo": True,
    }
    models_root().mkdir(parents=True, exist_ok=True)
    path = write_artifact(models_root(), f"benchmark-{name}", lambda folder: write_model(folder, name), manifest)
    version = ModelVersion.objects.create(
        task=task, number=number, estimator=name, artifact_dir=f"models/benchmark-{name}",
        artifact_hash=read_manifest(path)["content_hash"],
    )
    version_promote(version=version, by=None, reason="benchmark", override=True)
    return version


def cost_ms(path: Path, *, batch: int) -> float:
    """Milliseconds a window takes in a batch of that size on one thread, the median of nine."""
    import statistics
    import time

    import numpy as np

    from mlops.ml.scoring import OnnxScorer

    scorer = OnnxScorer.open(path)
    windows = np.random.default_rng(0).normal(size=(batch, *scorer.window_shape)).astype(np.float32)
    times = []
    for _ in range(11):
        began = time.perf_counter()
        scorer.score_raw(windows)
        times.append(time.perf_counter() - began)
    return statistics.median(times[2:]) * 1e3 / batch
