"""What sensor models may learn from: confirmed labels on recordings of athletes with the learning consent."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from mlops.kinds.examples import SourceSummary
from mlops.ml.sensors.dataset import LabelledSeries
from mlops.ml.sensors.recording_file import read_range
from mlops.ml.sensors.window_choice import stretches
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
    """The recordings by pseudonym, in a fixed order; names never leave this function.

    Recordings of one signal, whoever brought them, belong to the group of the first among them: a copy on both sides of
    a split makes a model look good that has only seen it before.
    """
    rows = list(
        teaching_recordings(
            layout=layout, labels=labels, include_generated=include_generated, only_labelled=only_labelled
        )
    )
    first: dict[uuid.UUID, str] = {}
    for row in sorted(rows, key=lambda row: (row.created_at, row.pk)):
        first.setdefault(row.copy_group or row.pk, row.session.athlete.pseudonym)
    by_subject: dict[str, list[Recording]] = defaultdict(list)
    for row in rows:
        by_subject[first[row.copy_group or row.pk]].append(row)
    return [
        Subject(name, tuple(rows), any(row.source == RecordingSource.GENERATED for row in rows))
        for name, rows in sorted(by_subject.items())
    ]


def foreign_labels(*, kinds: Sequence[str], labels: Sequence[str]) -> frozenset[str]:
    """Labels that answer another kind of question (is this "down" or "up"?) and so say nothing about this one."""
    sets = Task.objects.filter(kind__in=kinds, label_set__isnull=False).select_related("label_set")
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


def teaching_facts(*, layout: str) -> tuple[list[float], list[float]]:
    """(samples per second of each learnable recording of a layout, seconds of each confirmed stretch on them)."""
    rows = Recording.objects.learnable().filter(layout__key=layout)
    by_recording: dict[uuid.UUID, list[tuple[float, float, str]]] = defaultdict(list)
    spans = Span.objects.filter(recording__in=rows, state=SpanState.CONFIRMED)
    for pk, start, end, label in spans.values_list("recording_id", "start_s", "end_s", "label"):
        by_recording[pk].append((start, end, label))
    rates = [rate for rate in rows.values_list("rate_hz", flat=True) if rate > 0]
    return rates, [seconds for one in by_recording.values() for seconds in stretches(one)]


def teaching_summaries(asked: Mapping[Any, tuple[str, Sequence[str]]]) -> dict[Any, SourceSummary]:
    """What could be learned from now, for each (layout, labels) that is asked; in two statements for all of them.

    Counts as `teaching_subjects` does: a copy belongs to the person of the first of its recordings.
    """
    rows = Recording.objects.learnable().filter(layout__key__in={layout for layout, _ in asked.values()})
    recordings: list[Any] = list(
        rows.order_by("created_at", "pk").values_list(
            "pk", "layout__key", "session__athlete__pseudonym", "source", "copy_group", "reviewed_at", named=True
        )
    )
    spans = Span.objects.filter(recording__in=rows, state__in=[SpanState.CONFIRMED, SpanState.PROPOSED])
    sums: dict[uuid.UUID, dict[str, float]] = defaultdict(dict)
    n_proposed: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    totals = spans.order_by().values_list("recording_id", "label", "state")
    for pk, label, state, seconds, n in totals.annotate(s=Sum(F("end_s") - F("start_s")), n=Count("pk")):
        if state == SpanState.CONFIRMED:
            sums[pk][label] = seconds
        else:
            n_proposed[pk][label] = n
    return {
        key: _summary([row for row in recordings if row.layout__key == layout], labels, sums, n_proposed)
        for key, (layout, labels) in asked.items()
    }


def _summary(
    recordings: Sequence[Any],
    labels: Sequence[str],
    sums: Mapping[uuid.UUID, Mapping[str, float]],
    n_proposed: Mapping[uuid.UUID, Mapping[str, int]],
) -> SourceSummary:
    """recordings: of one layout, the oldest first."""
    wanted, seconds = set(labels), dict.fromkeys(labels, 0.0)
    first: dict[uuid.UUID, str] = {}
    people: dict[str, bool] = defaultdict(bool)
    n_sources = n_waiting = 0
    for row in recordings:
        confirmed = {label: sum_s for label, sum_s in sums.get(row.pk, {}).items() if label in wanted}
        n_waiting += sum(n for label, n in n_proposed.get(row.pk, {}).items() if label in wanted)
        for label, sum_s in confirmed.items():
            seconds[label] += sum_s
        if not confirmed and row.reviewed_at is None:
            continue
        n_sources += 1
        name = first.setdefault(row.copy_group or row.pk, row.session__athlete__pseudonym)
        people[name] |= row.source == RecordingSource.GENERATED
    amounts = {label: round(value, 1) for label, value in seconds.items() if value}
    return SourceSummary(len(people), n_sources, amounts, n_generated=sum(people.values()), n_proposed=n_waiting)


def teachable_layouts() -> QuerySet[SensorLayout]:
    """Layouts a task may be about: the shared ones, and those that learnable recordings have."""
    learnable = Recording.objects.learnable().values("layout")
    rows = SensorLayout.objects.filter(Q(owner__isnull=True) | Q(pk__in=learnable)).exclude(key="heart_rate")
    return rows.order_by("title", "pk")
