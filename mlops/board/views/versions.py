"""Pages of model versions: the registry, judging one, its files."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from mlops.access import engine_page
from mlops.figures.figures import confusion_figure, label_title
from mlops.kinds.base import TaskKind
from mlops.kinds.estimators import estimator_infos
from mlops.kinds.metric import Metric, is_number, metric_named
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.registry.difference import challenge_difference_of, difference_of
from mlops.registry.floor import floor_of
from mlops.registry.forms import ChallengeForm, ReasonForm, promote_form
from mlops.registry.gate_words import gap_text, measured_text, version_gates
from mlops.registry.models import ModelVersion
from mlops.registry.selectors import aliases_of, version_get_for, version_list
from mlops.registry.services.artifacts import SHIPPED, artifact_path
from mlops.registry.services.downloads import version_zip
from mlops.registry.services.pictures import picture_bytes, pictures_read
from mlops.slots import slots_for
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_or_none
from mlops.tasks.services.gates import AGAIN
from web.numbers import respelled
from web.refusals import Problem
from web.said import respoken
from web.views.lists import query_without, sort_links
from web.views.said import say

PAGE_SIZE = 50
STATES = {"serving": _("Serving"), "active": _("Not retired"), "due": _("Retrain due"), "retired": _("Retired")}
COLUMNS = [
    ("number", _("Version")), ("task", _("Task")), ("estimator", _("Estimator")), ("score", _("Score")),
    ("train", _("Training time")), ("size", _("Size")), ("latency", _("Latency")), ("created", _("Created")),
]  # fmt: skip
NUMERIC = frozenset({"score", "train", "size", "latency"})


@engine_page
@require_GET
def versions(request: HttpRequest) -> HttpResponse:
    """The registry: every version of every task, filtered and sorted."""
    page = Paginator(version_list(request.user, request.GET), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "columns": sort_links(request, COLUMNS, NUMERIC),
        "query": query_without(request, "page"),
        "asked": request.GET,
        "tasks": Task.objects.visible_to(request.user),
        "estimators": estimator_infos().values(),
        "states": STATES.items(),
    }
    return render(request, "mlops/versions.html", context)


@engine_page
@require_GET
def version(request: HttpRequest, pk: str) -> HttpResponse:
    """Everything one needs to judge a version."""
    row = version_get_for(user=request.user, pk=pk)
    aliases = aliases_of(row.task)
    champion, challenger = aliases.get("champion"), aliases.get("challenger")
    manifest, damage = _manifest(row)
    metrics = row.metrics
    labels = manifest.get("labels") or [entry["label"] for entry in metrics.get("per_class", [])]
    confusion = metrics.get("confusion")
    floor = floor_of(row, champion.version if champion else None)
    needs_reason = not row.gates_passed or (floor is not None and not floor.passed)
    serves_as = (kind_or_none(row.task) or TaskKind).serves_as
    context = {
        "model": row,
        "task": row.task,
        "champion": champion.version if champion else None,
        "challenger": challenger,
        "is_champion": champion is not None and champion.version_id == row.pk,
        "is_challenger": challenger is not None and challenger.version_id == row.pk,
        "is_shipped": row.artifact_dir.startswith(SHIPPED),
        "damage": damage,
        "serves_as": respoken(serves_as),
        "judged": (kind_or_none(row.task) or TaskKind).judged or row.task.example.words,
        "measured": {**metrics.get("measured_on", {}), "text": measured_text(row)},
        "gap": gap_text(metrics, row.task),
        "taken_back": AGAIN in row.all_gates,
        "stats": headline(row.task.metrics, metrics),
        "costs": [
            (metric.words, metric.text(value))
            for metric, value in zip(COST_METRICS, (row.train_s, row.size_bytes, row.latency_ms), strict=True)
            if value is not None
        ],
        "gates": version_gates(row),
        "floor": floor,
        "needs_reason": needs_reason,
        "per_class": [
            {**entry, "label": label_title(entry["label"]), **_per_cent(entry)}
            for entry in metrics.get("per_class", [])
        ],
        "per_subject": [
            (subject, row.metric.text(value)) for subject, value in sorted(metrics.get("per_subject", {}).items())
        ],
        "tables": [{**table, "rows": _respelled(table["rows"])} for table in metrics.get("tables", [])],
        "confusion": confusion_figure(labels, confusion) if confusion and labels else None,
        "explained": explained(row),
        "pictures": [
            replace(one, rows=_respelled(one.rows)) for one in pictures_read(artifact_path(row), manifest or {})
        ],
        "files": sorted(manifest.get("files", {}).items()),
        "manifest": manifest,
        "card": _card(row, manifest),
        "caution": _caution(row, manifest),
        "form": promote_form(champion.version_id if champion else None, needs_reason),
        "difference": difference_of(
            row, champion.version if champion else None, serves_as=serves_as, challenger=challenger
        ),
        "challenge_difference": challenge_difference_of(row, challenger, champion.version)
        if champion is not None and challenger is not None and challenger.version_id != row.pk else None,
        "challenge_form": ChallengeForm(
            initial={
                "expected": challenger.version_id if challenger else None,
                "share": round(100 * challenger.traffic_share) if challenger else 10,
            }
        ),
        "reason_form": ReasonForm(prefix="end"),
        "slots": slots_for("version", row, request.user),
    }
    return render(request, "mlops/version.html", context)


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


@engine_page
@require_GET
def picture(request: HttpRequest, pk: str, name: str) -> HttpResponse:
    """One drawing of the artifact, as PNG; with ?download as a file."""
    row = version_get_for(user=request.user, pk=pk)
    path = artifact_path(row)
    try:
        data = picture_bytes(path, read_manifest(path), name)
    except BadArtifact as error:
        raise Http404 from error
    answer = HttpResponse(data, content_type="image/png")
    if "download" in request.GET:
        answer["Content-Disposition"] = f'attachment; filename="{row.task.name}-v{row.number}-{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


COST_METRICS = [metric_named((), name) for name in ("train_s", "size_bytes", "latency_ms")]


def headline(declared: tuple[Metric, ...], metrics: dict[str, Any]) -> list[dict[str, str]]:
    """The numbers shown largest: the declared ones that were measured."""
    return [
        {"label": metric.words, "value": metric.text(metrics[metric.name]), "note": metric.help_words}
        for metric in declared
        if metric.headline and is_number(metrics.get(metric.name))
    ]


def explained(row: ModelVersion) -> dict[str, Any] | None:
    """What the primary metric loses without each input: bars as shares of the largest, and words."""
    inputs = row.explanation.get("inputs") if isinstance(row.explanation, dict) else None
    if not inputs:
        return None
    metric = metric_named(row.task.metrics, row.explanation.get("metric", ""))
    most = max((abs(item["mean"]) for item in inputs), default=0.0) or 1.0
    bars = [
        {
            "name": item["name"],
            "share": max(0, round(100 * item["mean"] / most)),
            "text": metric.difference_text(-item["mean"]),
            "spread": metric.difference_text(item["spread"]).lstrip("+±"),
        }
        for item in inputs
    ]
    return {"metric": metric, "bars": bars}


def _respelled(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[respelled(cell) for cell in row] for row in rows]


def _per_cent(entry: dict[str, Any]) -> dict[str, str]:
    share = Metric("share", "")
    return {name: share.text(entry.get(name)) for name in ("precision", "recall", "f1")}


def _manifest(row: ModelVersion) -> tuple[dict[str, Any], str]:
    try:
        return read_manifest(artifact_path(row)), ""
    except BadArtifact as error:
        return {}, str(error)


def _caution(row: ModelVersion, manifest: dict[str, Any]) -> str:
    kind = kind_or_none(row.task)
    return kind.card(manifest).caution if kind is not None and manifest else ""


def _card(row: ModelVersion, manifest: dict[str, Any]) -> str:
    if "README.md" not in manifest.get("files", {}):
        return ""
    return (artifact_path(row) / "README.md").read_text("utf-8")
