"""Background work of videos."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.jobs.kinds import JobContext, JobFailed, job_kind
from mlops.models import Job
from sessions.models import FeatureFile, Video
from sessions.video.services.extraction import EXTRACT, feature_file_make
from sessions.video.services.probing import video_probe
from sessions.video.services.videos import PROBE


def features_space(job: Job) -> int:
    """About what the features of a clip take: numbers as text for every frame."""
    return 8 * 1024 * 1024


@job_kind(PROBE, queue="video", timeout_s=1800)
def probe(context: JobContext) -> dict[str, Any]:
    """Look at a clip; result: video, url, text."""
    video = _video(context, context.parameters["video"])
    video_probe(video=video, commit=lambda: context.commit(final=False))
    return {**_opens(video), "text": _("The video is ready.")}


@job_kind(EXTRACT, queue="video", timeout_s=12 * 3600, space=features_space)
def extract(context: JobContext) -> dict[str, Any]:
    """Look at a clip if nobody did, then make one feature file; result: video, feature_file, url, text."""
    row = FeatureFile.objects.select_related("video__owner").filter(pk=context.parameters["features"]).first()
    if row is None:
        raise JobFailed("video_gone", _("The video was deleted in the meantime."))
    video = _video(context, row.video_id)
    row.video = video
    video_probe(video=video, commit=lambda: context.commit(final=False))
    if row.made_at is None:
        context.result.update(
            {**_opens(video), "feature_file": row.path_told, "text": _("The features are ready.")}
        )
        feature_file_make(row=row, context=context)
    return {}


def _video(context: JobContext, pk: Any) -> Video:
    video = Video.all_with_deleted.select_related("owner").filter(pk=pk).first()
    if video is None:
        raise JobFailed("video_gone", _("The video was deleted in the meantime."))
    if video.problem:
        raise JobFailed("unreadable_media", video.problem)
    return video


def _opens(video: Video) -> dict[str, str]:
    return {"video": str(video.pk), "url": reverse("workouts:video", args=[video.pk]), "label": _("Open video")}
