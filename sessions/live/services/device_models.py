"""The champion as the browser needs it: where its ONNX file lies and how a stream is cut for it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.ml.contract import BadArtifact
from mlops.ml.scoring import MODEL_FILE
from mlops.models import ModelAlias
from mlops.serving.services.versions import version_served
from sessions.live.selectors.streams import live_task_for
from sessions.live.services.model import LiveModel, live_model_find
from sessions.models import SensorLayout
from web.refusals import Problem, not_found


def device_model(*, layout: SensorLayout, task_name: str = "") -> dict[str, Any]:
    """What a page needs to answer a layout's streams by itself.

    Raises Problem 404 `no_model` without a champion, 409 `not_on_device` for one that has no file of its own.
    """
    task = live_task_for(layout_key=layout.key, name=task_name)
    try:
        model = live_model_find(task.name) if task is not None else None
    except BadArtifact as error:
        raise Problem(503, "bad_artifact", _("The model's files could not be verified.")) from error
    columns = model.columns(layout.channel_names) if model is not None else None
    if model is None or columns is None:
        raise Problem(404, "no_model", _("There is no model for this sensor yet."))
    file = model.scorer.manifest.get("files", {}).get(MODEL_FILE)
    if file is None or model.scorer.remote is not None:
        raise Problem(409, "not_on_device", _("This model cannot run on your device."))
    return _facts(model, columns, file)


def _facts(model: LiveModel, columns: list[int], file: dict[str, Any]) -> dict[str, Any]:
    scaler, decider = model.scorer.scaler, model.decider
    address = reverse("workouts_api:device_model_file", args=[model.version_id, file["sha256"]])
    return {
        **model.to_json(),
        "window_spec": model.spec.to_json(),
        "scaler": None if scaler is None else scaler.to_json(),
        "columns": columns,
        "abstain_below": decider.abstain_below,
        "guard": None if decider.guard is None else decider.guard.to_json(),
        "no_exercise": sorted(decider.silent),
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
