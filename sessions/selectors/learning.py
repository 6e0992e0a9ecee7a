"""What sensor models may learn from: confirmed labels on recordings of athletes with the learning consent."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Sum

from mlops.ml.sensors.dataset import LabelledSeries
from mlops.ml.sensors.recording_file import read_range
from mlops.models import Task
from sessions.models import Recording, RecordingSource, SensorLayout, Span, SpanState
from sessions.selectors.recordings import samples_path

UNDECIDED = ""
"""Stands for a proposed label: windows under it teach nothing until somebody decides."""


@dataclass(frozen=True)
class Subject:
    """One pseudonym with its recordings in a fixed order."""

    pseudonym: str
    recordings: tuple[Recording, ...]
    generated: bool


def teaching_recordings(
    *, layout: str, labels: Sequence[str], include_generated: bool = True, only_labelled: bool = False
) -> QuerySet[Recording]:
    """Learnable recordings of a layout that hold a confirmed label of the set, or were reviewed as a whole.

    only_labelled  leave out those that were reviewed and hold no label of the set
    """
    useful = Q(spans__state=SpanState.CONFIRMED, spans__label__in=list(labels))
    if not only_labelled:
        useful |= Q(reviewed_at__isnull=False)
    rows = Recording.objects.learnable().filter(useful, layout__key=layout)
    if not include_generated:
        rows = rows.exclude(source=RecordingSource.GENERATED)
    return rows.select_related("session__athlete", "layout").distinct().order_by("pk")


def teaching_subjects(
    *, layout: str, labels: Sequence[str], include_generated: bool = True, only_labelled: bool = False
) -> list[Subject]:
    """The recordings by pseudonym, in a fixed order; names never leave this function."""
    by_subject: dict[str, list[Recording]] = defaultdict(list)
    for row in teaching_recordings(
        layout=layout, labels=labels, include_generated=include_generated, only_labelled=only_labelled
    ):
        by_subject[row.session.athlete.pseudonym].append(row)
    return [
        Subject(name, tuple(rows), any(row.source == RecordingSource.GENERATED for row in rows))
        for name, rows in sorted(by_subject.items())
    ]


def foreign_labels(*, kind: str, labels: Sequence[str]) -> frozenset[str]:
    """Labels that answer another kind of question (is this "down" or "up"?) and so say nothing about this one."""
    sets = Task.objects.exclude(kind=kind).filter(label_set__isnull=False).select_related("label_set")
    return frozenset(name for task in sets if task.label_set for name in task.label_set.names) - set(labels)


def labelled_series(
    subject: Subject, *, other: str | None, foreign: frozenset[str] = frozenset()
) -> Iterator[LabelledSeries]:
    """Samples and labels of one subject, one recording in memory at a time; `foreign` labels are left out.

    Rejected labels count as no label; "reviewed, nothing here" as `other`; proposed ones block their time.
    """
    for recording in subject.recordings:
        spans: list[tuple[float, float, str]] = []
        for span in Span.objects.filter(recording_id=recording.pk).exclude(state=SpanState.REJECTED):
            if span.label in foreign:
                continue
            if span.state == SpanState.CONFIRMED:
                spans.append((span.start_s, span.end_s, span.label))
            elif span.state == SpanState.REVIEWED_EMPTY and other is not None:
                spans.append((span.start_s, span.end_s, other))
            else:
                spans.append((span.start_s, span.end_s, UNDECIDED))
        t_s, samples = read_range(samples_path(recording))
        yield LabelledSeries(t_s, samples, spans, str(recording.pk), reviewed=recording.reviewed_at is not None)


def labelled_seconds(*, layout: str, labels: Sequence[str]) -> dict[str, float]:
    """label → confirmed seconds over everything that may be learned from, in the order of the labels."""
    rows = (
        Span.objects.filter(
            recording__in=Recording.objects.learnable().filter(layout__key=layout),
            state=SpanState.CONFIRMED,
            label__in=list(labels),
        )
        .values("label")
        .annotate(seconds=Sum(F("end_s") - F("start_s")))
        .order_by()
    )
    found = {row["label"]: round(row["seconds"], 1) for row in rows}
    return {label: found[label] for label in labels if label in found}


def proposed_count(*, layout: str) -> int:
    """Labels on learnable recordings of a layout that wait for a yes or no."""
    recordings = Recording.objects.learnable().filter(layout__key=layout)
    return Span.objects.filter(recording__in=recordings, state=SpanState.PROPOSED).count()


def teachable_layouts() -> QuerySet[SensorLayout]:
    """Layouts a task may be about: the shared ones, and those that learnable recordings have."""
    learnable = Recording.objects.learnable().values("layout")
    rows = SensorLayout.objects.filter(Q(owner__isnull=True) | Q(pk__in=learnable)).exclude(key="heart_rate")
    return rows.order_by("title", "pk")
