"""Reading labels."""

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from mlops.ml.sensors.simulate import EXERCISES, OTHER
from mlops.models import LabelSet, Task
from sessions.models import Recording, SensorLayout, Span, SpanState, Video


def span_list(*, recording: Recording | Video) -> QuerySet[Any]:
    """The labels of a recording or video that the caller was allowed to open, in the order of time."""
    return recording.spans.order_by("start_s", "pk")


def span_get_in(*, recording: Recording | Video, pk) -> Any:
    """A label of this recording or video, or 404."""
    return get_object_or_404(recording.spans.all(), pk=pk)


def labelled_minutes(*, user) -> list[tuple[str, float]]:
    """(label, minutes) over the confirmed labels of one's own recordings, the longest first."""
    rows = (
        Span.objects.filter(recording__in=Recording.objects.editable_by(user), state=SpanState.CONFIRMED)
        .values("label")
        .annotate(seconds=Sum(F("end_s") - F("start_s")))
        .order_by("-seconds")
    )
    return [(row["label"], row["seconds"] / 60) for row in rows]


def label_sets_for(*, user, layout: SensorLayout) -> list[dict]:
    """Label sets that fit a layout: [{"id", "name", "labels": [{"name", "title", "key"}]}]; never empty.

    Those of tasks that read the layout (or the device it is made of) come first, then those of no task. Where no task
    reads it, those of all tasks that read sensors: one has to begin somewhere.
    """
    keys = [layout.key, *([layout.base.key] if layout.base else [])]
    tasks = Task.objects.filter(label_set=OuterRef("pk"))
    rows = LabelSet.objects.visible_to(user).annotate(
        is_free=~Exists(tasks), fits=Exists(tasks.filter(input__layout__in=keys)),
        is_of_sensors=Exists(tasks.filter(input__has_key="layout")),
    ).order_by("-fits", "-is_shared", "name")  # fmt: skip
    found = list(rows)
    is_read = any(row.fits for row in found)
    return _as_sets([row for row in found if row.fits or row.is_free or (row.is_of_sensors and not is_read)])


def label_sets_for_videos(*, user: Any) -> list[dict]:
    """Label sets for clips: those of tasks that read videos first, then those of no task or of sensors."""
    tasks = Task.objects.filter(label_set=OuterRef("pk"))
    rows = LabelSet.objects.visible_to(user).annotate(
        fits=Exists(tasks.filter(kind__startswith="video")), is_free=~Exists(tasks),
        is_of_sensors=Exists(tasks.filter(input__has_key="layout")),
    ).order_by("-fits", "-is_shared", "name")  # fmt: skip
    return _as_sets([row for row in rows if row.fits or row.is_free or row.is_of_sensors])


def _as_sets(rows: list[Any]) -> list[dict]:
    sets = [{"id": str(row.pk), "name": row.name, "labels": row.labels} for row in rows]
    return sets or [{"id": "", "name": _("Exercises"), "labels": [{"name": name} for name in (*EXERCISES, OTHER)]}]
