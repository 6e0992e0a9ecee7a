"""Pages of model versions: judge, promote, download."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from mlops.forms import PromoteForm
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.models import ModelVersion
from mlops.selectors.engine import champion_of, version_get_for
from mlops.services.artifacts import artifact_path
from mlops.services.downloads import version_zip
from mlops.services.promotion import version_promote
from mlops.views.access import engine_page
from mlops.views.figures import confusion_figure, label_title, metric_title
from mlops.views.problems import say
from web.refusals import Problem


@engine_page
@require_GET
def version(request: HttpRequest, pk: str) -> HttpResponse:
    """Everything one needs to judge a version."""
    row = version_get_for(user=request.user, pk=pk)
    champion = champion_of(row.task)
    manifest, damage = _manifest(row)
    metrics = row.metrics
    labels = manifest.get("labels") or [entry["label"] for entry in metrics.get("per_class", [])]
    confusion = metrics.get("confusion")
    context = {
        "model": row,
        "task": row.task,
        "champion": champion,
        "is_champion": champion is not None and champion.pk == row.pk,
        "damage": damage,
        "measured": metrics.get("measured_on", {}),
        "stats": headline(metrics),
        "gates": [(metric_title(name), gate) for name, gate in row.gates.items()],
        "per_class": [{**entry, "label": label_title(entry["label"])} for entry in metrics.get("per_class", [])],
        "per_subject": sorted(metrics.get("per_subject", {}).items()),
        "confusion": confusion_figure(labels, confusion) if confusion and labels else None,
        "files": sorted(manifest.get("files", {}).items()),
        "manifest": manifest,
        "card": _card(row, manifest),
        "form": PromoteForm(initial={"expected": champion.pk if champion else None}),
    }
    return render(request, "mlops/version.html", context)


@engine_page
@require_POST
def promote(request: HttpRequest, pk: str) -> HttpResponse:
    """Make it champion, if nobody moved the title since the page was shown."""
    row = version_get_for(user=request.user, pk=pk)
    form = PromoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The reason may have 500 characters.")
        return redirect("mlops:version", pk=row.pk)
    data = form.cleaned_data
    try:
        version_promote(
            version=row, by=request.user, reason=data["reason"], override=data["override"], expected=data["expected"]
        )
        messages.success(request, f"Version {row.number} is champion. Live streams use it within seconds.")
        return redirect("mlops:task", name=row.task.name)
    except Problem as problem:
        say(request, problem)
        return redirect("mlops:version", pk=row.pk)


@engine_page
@require_GET
def download(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The whole artifact as one ZIP."""
    row = version_get_for(user=request.user, pk=pk)
    try:
        return version_zip(row)
    except Problem as problem:
        say(request, problem)
        return redirect("mlops:version", pk=row.pk)


def headline(metrics: dict[str, Any]) -> list[dict[str, str]]:
    """The numbers shown largest."""
    shown = []
    for name in ("accuracy", "f1_macro", "f1_weighted", "ece", "baseline_accuracy"):
        value = metrics.get(name)
        if isinstance(value, int | float):
            shown.append({"label": METRIC_WORDS.get(name, metric_title(name)), "value": f"{value:.3f}"})
    return shown


METRIC_WORDS = {
    "f1_macro": "F1, mean of labels",
    "f1_weighted": "F1, weighted",
    "ece": "Calibration error",
    "baseline_accuracy": "Accuracy of guessing",
}


def _manifest(row: ModelVersion) -> tuple[dict[str, Any], str]:
    try:
        return read_manifest(artifact_path(row)), ""
    except BadArtifact as error:
        return {}, str(error)


def _card(row: ModelVersion, manifest: dict[str, Any]) -> str:
    if "README.md" not in manifest.get("files", {}):
        return ""
    return (artifact_path(row) / "README.md").read_text("utf-8")
