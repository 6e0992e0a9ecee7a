"""Background work of videos."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Athlete
from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.models import Job
from sessions.models import FeatureDataset, FeatureFile, FeatureModel, Video
from sessions.models.features import MadeByJob
from sessions.video.services.chain import dataset_make, model_make
from sessions.video.services.demo import DEMO, demo_video_make
from sessions.video.services.extraction import EXTRACT, feature_file_make, features_made
from sessions.video.services.previews import PREVIEW, preview_after_reading, preview_make
from sessions.video.services.probing import video_probe
from sessions.video.services.videos import PROBE
from sessions.video.services.waiting import BUILD, TRAIN, dataset_inputs, waiting_wake, waits_for


def features_space(job: Job) -> int:
    """About what the features of a clip take: numbers as text for every frame."""
    return 8 * 1024 * 1024


def preview_space(job: Job) -> int:
    """About what a copy for browsers takes."""
    return 64 * 1024 * 1024


@job_kind(PROBE, queue="video", timeout_s=1800)
def probe(context: JobContext) -> dict[str, Any]:
    """Look at a clip; result: video, url, text."""
    video = _video(context, context.parameters["video"])
    video_probe(video=video, commit=lambda: context.commit(final=False))
    preview_after_reading(video=video)
    return {**_opens(video), "text": _("The video is ready.")}


@job_kind(PREVIEW, queue="video", timeout_s=6 * 3600, space=preview_space)
def preview(context: JobContext) -> dict[str, Any]:
    """Make a copy that browsers play; result: video, url, text."""
    video = _video(context, context.parameters["video"])
    preview_make(video=video, context=context)
    return {**_opens(video), "text": _("The video can be played.")}


@job_kind(EXTRACT, queue="video", timeout_s=12 * 3600, space=features_space)
def extract(context: JobContext) -> dict[str, Any]:
    """Look at a clip if nobody did, then make one feature file; result: video, feature_file, url, text."""
    row = FeatureFile.objects.select_related("video__owner").filter(pk=context.parameters["features"]).first()
    if row is None:
        raise JobFailed("video_gone", _("The video was deleted in the meantime."))
    video = _video(context, row.video_id)
    row.video = video
    _take_over(context, row)
    video_probe(video=video, commit=lambda: context.commit(final=False))
    preview_after_reading(video=video)
    if row.made_at is None:
        context.result.update(
            {**_opens(video), "feature_file": row.path_told, "text": _("The features are ready.")}
        )
        feature_file_make(row=row, context=context)
        waiting_wake()
        features_made.send_robust(FeatureFile, row=row)
    return {}


@job_kind(BUILD, queue="train", timeout_s=6 * 3600)
def build(context: JobContext) -> dict[str, Any]:
    """Build a data set of feature files, once they are all there; result: dataset_id, dataset_dir, text."""
    row = FeatureDataset.objects.filter(pk=context.parameters["dataset"]).first()
    if row is None:
        raise JobFailed("dataset_gone", _("The dataset was deleted in the meantime."))
    _take_over(context, row)
    files = dataset_inputs(row)
    if row.made_at is None and not waits_for(context, files):
        context.result.update(
            {"dataset_id": row.pk, "dataset_dir": row.name, "text": _("The dataset is ready.")}
        )
        dataset_make(row=row, files=files, on_step=context.step, commit=context.commit)
        waiting_wake()
    return {}


@job_kind(TRAIN, queue="train", timeout_s=12 * 3600)
def train(context: JobContext) -> dict[str, Any]:
    """Train a model on a data set, once that is there; result: model_id, model, metrics, text."""
    row = FeatureModel.objects.select_related("dataset__job").filter(pk=context.parameters["model"]).first()
    if row is None:
        raise JobFailed("dataset_gone", _("The dataset was deleted in the meantime."))
    _take_over(context, row)
    if row.made_at is None and not waits_for(context, [row.dataset]):
        context.result.update({"model_id": row.pk, "model": row.name, "text": _("The model is ready.")})
        model_make(row=row, on_step=context.step, commit=context.commit)
    return {}


@job_kind(DEMO, queue="video", timeout_s=900)
def draw_demo(context: JobContext) -> dict[str, Any]:
    """Draw the clip of the demo data; result: video, url, text."""
    rows = Athlete.objects.select_related("user").filter(user__is_demo=True)
    athlete = rows.filter(pk=context.parameters["athlete"]).first()
    if athlete is None:
        raise JobFailed("athlete_gone", _("The demo data was removed in the meantime."))
    video = demo_video_make(athlete=athlete, commit=lambda: context.commit(final=False))
    return {**_opens(video), "text": _("The video is ready.")}


def _take_over(context: JobContext, row: MadeByJob) -> None:
    """A job that was started again is the one that makes the row from now on."""
    if row.job_id != context.job.pk:
        with context.commit(final=False):
            type(row)._default_manager.filter(pk=row.pk).update(job=context.job.pk)


def _video(context: JobContext, pk: Any) -> Video:
    video = Video.all_with_deleted.select_related("owner").filter(pk=pk).first()
    if video is None:
        raise JobFailed("video_gone", _("The video was deleted in the meantime."))
    if video.problem:
        raise JobFailed("unreadable_media", video.problem)
    return video


def _opens(video: Video) -> dict[str, str]:
    return {"video": str(video.pk), "url": reverse("workouts:video", args=[video.pk]), "label": _("Open video")}
