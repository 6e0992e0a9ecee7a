"""Reading sensor layouts."""

import uuid

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404

from mlops.ml.sensors.layouts import Layout, parse_layout
from sessions.models import SensorLayout


def layout_list(*, user) -> QuerySet[SensorLayout]:
    """Shared layouts and one's own, with `n_recordings` counted over everybody (for "in use")."""
    return SensorLayout.objects.visible_to(user).annotate(n_recordings=Count("recordings")).order_by("title", "pk")


def layout_get_for(*, user, pk) -> SensorLayout:
    """The layout, or 404 for missing and foreign alike."""
    return get_object_or_404(SensorLayout.objects.visible_to(user).select_related("base"), pk=pk)


def layout_of(row: SensorLayout) -> Layout:
    """The library's description of a stored layout, channels in the stored order."""
    return parse_layout({"name": row.key, "title": row.title[:80], "channels": row.channels, "rate_hz": row.rate_hz})


def file_layout_of(row: SensorLayout) -> Layout:
    """What one file of this layout holds: the base layout where several units stand side by side."""
    return layout_of(row.base or row)


def layout_get_by_name(*, user, name: str) -> SensorLayout:
    """The layout of this id or key, or 404."""
    rows = SensorLayout.objects.visible_to(user).select_related("base")
    try:
        return get_object_or_404(rows, pk=uuid.UUID(name))
    except ValueError:
        return get_object_or_404(rows, key=name)
