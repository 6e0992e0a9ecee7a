"""Reading labels."""

from django.db.models import F, QuerySet, Sum
from django.shortcuts import get_object_or_404

from mlops.ml.sensors.simulate import EXERCISES, OTHER
from mlops.models import LabelSet
from sessions.models import Recording, Span, SpanState


def span_list(*, recording: Recording) -> QuerySet[Span]:
    """The labels of a recording that the caller was allowed to open, in the order of time."""
    return Span.objects.filter(recording_id=recording.pk).order_by("start_s", "pk")


def span_get_in(*, recording: Recording, pk) -> Span:
    """A label of this recording, or 404."""
    return get_object_or_404(Span.objects.filter(recording_id=recording.pk), pk=pk)


def labelled_minutes(*, user) -> list[tuple[str, float]]:
    """(label, minutes) over the confirmed labels of one's own recordings, the longest first."""
    rows = (
        Span.objects.filter(recording__in=Recording.objects.editable_by(user), state=SpanState.CONFIRMED)
        .values("label")
        .annotate(seconds=Sum(F("end_s") - F("start_s")))
        .order_by("-seconds")
    )
    return [(row["label"], row["seconds"] / 60) for row in rows]


def label_sets_for(*, user) -> list[dict]:
    """Label sets for the chooser: [{"id", "name", "labels": [{"name", "title", "key"}]}]; never empty."""
    sets = [
        {"id": str(row.pk), "name": row.name, "labels": row.labels}
        for row in LabelSet.objects.visible_to(user).order_by("-is_shared", "name")
    ]
    return sets or [{"id": "", "name": "Exercises", "labels": [{"name": name} for name in (*EXERCISES, OTHER)]}]
