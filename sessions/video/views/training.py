"""/videos/training/: from labelled clips to a data set and a model of your own, and what that model sees in a clip."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from mlops.figures.figures import confusion_figure
from mlops.jobs.services.jobs import QuotaExceeded
from sessions.models import FeatureModel, MakingState
from sessions.video.selectors.chain import Material, materials, model_named, models_own
from sessions.video.services.chain import dataset_wanted, model_wanted
from sessions.video.services.label_proposals import labels_propose, stretches_seen
from sessions.video.training_forms import MOST_SHOWN, ClipForm, DatasetForm, TrainForm, datasets_of
from web.numbers import spelled_share
from web.refusals import Problem
from web.services.files import serve_private

MOST_IMPORTANT = 15
PICTURES = ("feature_importance.png", "confusion_matrix.png")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def training(request: HttpRequest) -> HttpResponse:
    """The steps on one page; POST builds a data set (`build`) or trains a model (`train`)."""
    known, datasets = materials(user=request.user), datasets_of(request.user)
    asked = request.POST.get("step") if request.method == "POST" else None
    build = DatasetForm(request.POST if asked == "build" else None, materials=known)
    train = TrainForm(request.POST if asked == "train" else None, datasets=datasets)
    if asked == "build" and build.is_valid():
        return _started(request, lambda: dataset_wanted(
            owner=request.user, files=build.chosen_files(), options=build.wish()
        ), _("The dataset is being built."))  # fmt: skip
    if asked == "train" and train.is_valid():
        dataset, options = train.wish()
        return _started(request, lambda: model_wanted(
            owner=request.user, dataset=dataset, options=options
        ), _("The model is being trained."))  # fmt: skip
    models = list(models_own(user=request.user)[:MOST_SHOWN])
    rows = [*datasets, *models]
    context = {
        "materials": known, "build": build, "train": train, "datasets": datasets, "models": models,
        "jobs": [row.job for row in rows if row.job and row.state == MakingState.MAKING],
        "can_build": any(one.seconds for one in known),
    }  # fmt: skip
    return render(request, "videos/training.html", context)


def _started(request: HttpRequest, start: Callable[[], Any], text: str) -> HttpResponse:
    try:
        start()
        messages.success(request, text)
    except QuotaExceeded as error:
        messages.error(request, str(error))
    return redirect("workouts:video_training")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def model(request: HttpRequest, name: str) -> HttpResponse:
    """Metrics of a model; `?clip=` shows what it sees there, POST proposes that as labels."""
    row = model_named(user=request.user, name=name)
    known = materials(user=request.user)
    is_ready = row.state == MakingState.READY
    form = ClipForm(request.POST or request.GET or None, materials=known)
    seen = []
    if is_ready and form.is_bound and form.is_valid():
        file = form.rows[form.cleaned_data["clip"]]
        try:
            if request.method == "POST":
                return _proposed(request, row, file)
            seen = stretches_seen(features=file, model=row)
        except Problem as problem:
            messages.error(request, problem.detail)
    context = {
        "model": row, "form": form, "seen": [asdict(one) for one in seen], "facts": row.facts if is_ready else {},
        "job": row.job if row.job and row.state == MakingState.MAKING else None, **_drawn(row, known),
    }  # fmt: skip
    return render(request, "videos/model.html", context)


def _proposed(request: HttpRequest, row: FeatureModel, file: Any) -> HttpResponse:
    found = labels_propose(video=file.video, features=file, model=row)
    if found.n_new:
        text = ngettext("%(n)s label proposed.", "%(n)s labels proposed.", found.n_new) % {"n": found.n_new}
        messages.success(request, text)
    elif found.n_taken:
        messages.info(request, _("This video already has labels wherever the model sees something."))
    else:
        messages.info(request, _("The model is not sure enough of anything in this video."))
    return redirect("workouts:video", file.video_id)


def _drawn(row: FeatureModel, known: list[Material]) -> dict[str, Any]:
    facts = row.facts
    if not facts.get("confusion_matrix"):
        return {}
    important = list(facts["feature_importance"].items())[:MOST_IMPORTANT]
    return {
        "confusion": confusion_figure(facts["labels"], facts["confusion_matrix"]),
        "per_class": [
            [label, *(spelled_share(one[name], 1) for name in ("precision", "recall", "f1")), one["support"]]
            for label, one in facts["per_class"].items()
        ],
        "per_class_columns": [_("Label"), _("Precision"), _("Recall"), "F1", _("Windows")],
        "important": [[name.replace("_", " "), spelled_share(one["mean"], 1)] for name, one in important],
        "important_columns": [_("Feature"), _("Accuracy lost without it")],
    }  # fmt: skip


@login_required
@require_GET
def model_file(request: HttpRequest, name: str, what: str) -> HttpResponseBase:
    """metrics.json, or one of its pictures."""
    row = model_named(user=request.user, name=name)
    if row.state != MakingState.READY or what not in (*PICTURES, "metrics.json"):
        raise Http404
    path = f"{row.folder}/{row.name}_{what}"
    kind = "image/png" if Path(what).suffix == ".png" else "application/json"
    return serve_private(
        request, path, download_name=f"{row.name}_{what}", content_type=kind, inline="download" not in request.GET
    )  # fmt: skip
