"""Minutes of teaching material: per class for oneself, per pseudonym and class for ML staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext as _

from mlops.models import Task
from sessions.live.selectors.streams import labels_for
from sessions.models import Recording, RecordingSource, Sample, Span, SpanState
from web.numbers import spelled

ENOUGH_MIN = 5.0
"""Labelled minutes of a class for a first training: about 300 windows at one a second."""
ENOUGH_PEOPLE = 3
"""People with half a minute of it, so that a model can be judged on somebody it never saw."""
MIN_S = 30.0


@dataclass(frozen=True)
class ClassMinutes:
    """One class: all seconds, how many people gave at least MIN_S, and the words for what is missing."""

    name: str
    title: str
    seconds: float
    n_people: int
    of_people: int
    """0 where people do not count: one's own board."""

    @property
    def minutes(self) -> float:
        return self.seconds / 60

    @property
    def share(self) -> float:
        """0 to 1: how far the minutes are."""
        return min(1.0, self.minutes / ENOUGH_MIN)

    @property
    def is_enough(self) -> bool:
        return self.minutes >= ENOUGH_MIN and self.n_people >= self.of_people

    @property
    def missing(self) -> str:
        """"2.0 of 5 minutes, 1 of 3 people"; empty when there is enough."""
        parts = []
        if self.minutes < ENOUGH_MIN:
            facts = {"minutes": spelled(self.minutes, ".1f"), "enough": spelled(ENOUGH_MIN, "g")}
            parts.append(_("%(minutes)s of %(enough)s minutes") % facts)
        if self.n_people < self.of_people:
            parts.append(_("%(n)s of %(of)s people") % {"n": self.n_people, "of": self.of_people})
        return ", ".join(parts)


@dataclass(frozen=True)
class SubjectMinutes:
    """One row: who (a pseudonym, or "You") and the seconds of each class in the order of the classes."""

    subject: str
    seconds: tuple[float, ...]
    is_generated: bool

    @property
    def minutes(self) -> list[float]:
        return [value / 60 for value in self.seconds]


@dataclass(frozen=True)
class MinutesBoard:
    """A Task's teaching material as the caller may see it."""

    task: Task
    layout: str
    classes: list[ClassMinutes]
    subjects: list[SubjectMinutes]

    @property
    def n_enough(self) -> int:
        return sum(one.is_enough for one in self.classes)


def guided_tasks() -> QuerySet[Task]:
    """Tasks whose labels one can record for, the one with a champion first."""
    rows = Task.objects.filter(kind="sensor_classification", label_set__isnull=False)
    return rows.select_related("label_set").order_by("created_at", "pk")


def minutes_own(*, user: Any, task: Task) -> MinutesBoard:
    """The caller's own confirmed minutes per class."""
    spans = _spans(task).filter(recording__in=Recording.objects.editable_by(user))
    found = {row["label"]: row["seconds"] for row in spans.values("label").annotate(seconds=_SECONDS).order_by()}
    labels = labels_for(task)
    classes = [ClassMinutes(one["name"], one["title"], found.get(one["name"], 0.0), 1, 0) for one in labels]
    row = SubjectMinutes(_("You"), tuple(one.seconds for one in classes), False)
    return MinutesBoard(task, task.input.get("layout", ""), classes, [row])


def minutes_learnable(*, user: Any, task: Task) -> MinutesBoard:
    """Per pseudonym and class, under the learning consent; empty for everyone but ML staff."""
    spans = _spans(task).filter(recording__in=Sample.objects.visible_to(user))
    rows = (
        spans.values("label", "recording__session__athlete__pseudonym", "recording__source")
        .annotate(seconds=_SECONDS).order_by()
    )
    per: dict[str, dict[str, float]] = {}
    generated: set[str] = set()
    for row in rows:
        who = row["recording__session__athlete__pseudonym"]
        mine = per.setdefault(who, {})
        mine[row["label"]] = mine.get(row["label"], 0.0) + row["seconds"]
        if row["recording__source"] == RecordingSource.GENERATED:
            generated.add(who)
    labels = labels_for(task)
    classes = [
        ClassMinutes(
            one["name"], one["title"], sum(mine.get(one["name"], 0.0) for mine in per.values()),
            sum(mine.get(one["name"], 0.0) >= MIN_S for mine in per.values()), ENOUGH_PEOPLE,
        )
        for one in labels
    ]
    subjects = [
        SubjectMinutes(who, tuple(mine.get(one["name"], 0.0) for one in labels), who in generated)
        for who, mine in sorted(per.items())
    ]
    return MinutesBoard(task, task.input.get("layout", ""), classes, subjects)


def minutes_for(*, user: Any, task: Task) -> MinutesBoard:
    """What the caller may see: pseudonyms for ML staff, oneself for everyone else."""
    return (minutes_learnable if user.is_ml_staff else minutes_own)(user=user, task=task)


def task_named(tasks: Sequence[Task], name: str) -> Task | None:
    """The task of that name, else the first one, else None."""
    return next((task for task in tasks if task.name == name), tasks[0] if tasks and not name else None)


_SECONDS = Sum(F("end_s") - F("start_s"))


def _spans(task: Task) -> QuerySet[Span]:
    """Confirmed labels of the task's classes on recordings of its layout."""
    return Span.objects.filter(
        recording__layout__key=task.input.get("layout", ""), state=SpanState.CONFIRMED,
        label__in=task.label_set.names if task.label_set else [],
    )
