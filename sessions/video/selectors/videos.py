"""Reading videos."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from sessions.models import FeatureFile, SpanState, Video
from web.registries.search import Hit, holding


def video_list(*, user: Any) -> QuerySet[Video]:
    """Clips `user` may see, newest first, with n_spans, n_proposed and n_features."""
    rows = Video.objects.visible_to(user).select_related("athlete__user", "owner", "job", "session")
    return rows.annotate(
        n_spans=Count("spans", distinct=True),
        n_proposed=Count("spans", filter=Q(spans__state=SpanState.PROPOSED), distinct=True),
        n_features=Count("features", filter=Q(features__made_at__isnull=False), distinct=True),
    ).order_by("-created_at", "-pk")


def video_get_for(*, user: Any, pk: Any) -> Video:
    """One's own, as coach a consenting athlete's, as ML staff one without a person; 404 otherwise."""
    rows = Video.objects.visible_to(user).select_related("athlete__user", "owner", "job", "session")
    return get_object_or_404(rows, pk=pk)


def video_editable_for(*, user: Any, pk: Any) -> Video:
    """One's own clip; 404 for everything else."""
    return get_object_or_404(Video.objects.editable_by(user).select_related("athlete__user", "owner", "job"), pk=pk)


def features_of(video: Video) -> QuerySet[FeatureFile]:
    """Its feature files, the newest first."""
    return video.features.select_related("job").order_by("-created_at", "-pk")


def videos_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Videos by title, file name and label, for a coach also by the athlete."""
    names = ["athlete__user__first_name", "athlete__user__last_name", "athlete__user__username"]
    rows = Video.objects.visible_to(user).select_related("athlete__user")
    rows = holding(rows, words, "title", "name", *(names if user.is_coach else []))
    found = rows.order_by("-created_at", "-pk")[:limit]
    return [Hit(row.title, reverse("workouts:video", args=[row.pk]), _note(row, user)) for row in found]


def _note(video: Video, user: Any) -> str:
    day = date_format(localtime(video.created_at), "j M Y")
    is_mine = video.athlete is None or video.athlete.user_id == user.pk
    return day if is_mine else f"{video.athlete}, {day}"
