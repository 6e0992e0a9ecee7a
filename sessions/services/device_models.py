"""The champion as the browser needs it: where its ONNX file lies and how a stream is cut for it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.urls import reverse

from mlops.ml.contract import BadArtifact
from mlops.ml.scoring import MODEL_FILE
from mlops.models import ModelAlias
from mlops.services.serving import version_served
from sessions.models import SensorLayout
from sessions.selectors.live import live_task_for
from sessions.services.live_models import NO_EXERCISE, LiveModel, live_model_find
from web.refusals import Problem, not_found


def device_model(*, layout: SensorLayout, task_name: str = "") -> dict[str, Any]:
    """What a page needs to answer a layout's streams by itself.

    Raises Problem 404 `no_model` without a champion, 409 `not_on_device` for one that has no file of its own.
    """
    task = live_task_for(layout_key=layout.key, name=task_name)
    try:
        model = live_model_find(task.name) if task is not None else None
    except BadArtifact as error:
        raise Problem(503, "bad_artifact", "The model's files cannot be trusted just now.") from error
    columns = model.columns(layout.channel_names) if model is not None else None
    if model is None or columns is None:
        raise Problem(404, "no_model", "No model answers this sensor yet.")
    file = model.scorer.manifest.get("files", {}).get(MODEL_FILE)
    if file is None or model.scorer.remote is not None:
        raise Problem(409, "not_on_device", "This model answers elsewhere; it cannot run on a device.")
    return _facts(model, columns, file)


def _facts(model: LiveModel, columns: list[int], file: dict[str, Any]) -> dict[str, Any]:
    scaler = model.scorer.scaler
    address = reverse("workouts_api:device_model_file", args=[model.version_id, file["sha256"]])
    return {
        **model.to_json(),
        "window_spec": model.spec.to_json(),
        "scaler": None if scaler is None else scaler.to_json(),
        "columns": columns,
        "abstain_below": model.abstain_below,
        "guard": None if model.guard is None else model.guard.to_json(),
        "no_exercise": sorted(NO_EXERCISE),
        "file": {"url": address, "sha256": file["sha256"], "bytes": file["size"]},
    }


def device_file(*, version: UUID, sha256: str) -> Path:
    """The ONNX file of a version that serves now, verified. Raises Problem 404 for any other."""
    alias = ModelAlias.objects.filter(version=version).select_related("version__task").first()
    if alias is None or alias.version.retired_at is not None:
        raise not_found()
    try:
        served = version_served(alias.version)
    except BadArtifact:
        raise not_found() from None
    if served.manifest["files"].get(MODEL_FILE, {}).get("sha256") != sha256:
        raise not_found()
    return served.path / MODEL_FILE
