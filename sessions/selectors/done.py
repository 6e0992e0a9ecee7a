"""What was done in a workout, as an athlete says it: exercise, sets, repetitions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mlops.ml.sensors.simulate import OTHER
from sessions.models import Recording, SpanState
from sessions.selectors.learning import foreign_labels

NO_EXERCISE = frozenset({OTHER, "rest", "none", ""})
PHASE_KINDS = ("movement_phase",)


def no_exercises() -> frozenset[str]:
    """Labels that name no exercise: rest, other, and the phases of a movement ("down", "up")."""
    return NO_EXERCISE | foreign_labels(kinds=PHASE_KINDS, labels=())


@dataclass(frozen=True)
class SetDone:
    """One set: repetitions where they were counted, else how long it lasted."""

    reps: int | None
    seconds: float
    start_s: float


@dataclass
class ExerciseDone:
    """All sets of one exercise in a workout, in order."""

    name: str
    sets: list[SetDone] = field(default_factory=list)

    @property
    def n_reps(self) -> int:
        return sum(one.reps or 0 for one in self.sets)

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.sets)

    @property
    def text(self) -> str:
        """ "3 × 10", "10, 9, 8" where sets differ, "2 × 45 s" where nothing was counted."""
        if self.n_reps:
            counts = [one.reps or 0 for one in self.sets]
            same = len(set(counts)) == 1
            return f"{len(counts)} × {counts[0]}" if same else ", ".join(map(str, counts))
        if len(self.sets) == 1:
            return _time(self.sets[0].seconds)
        return f"{len(self.sets)} × {_time(self.seconds / len(self.sets))}"


@dataclass(frozen=True)
class Piece:
    """A stretch of the ribbon over a recording: `left` and `width` in per cent of its length."""

    name: str
    left: float
    width: float
    title: str


def _time(seconds: float) -> str:
    if seconds < 100:
        return _("%(n)s s") % {"n": f"{seconds:.0f}"}
    return _("%(n)s min") % {"n": f"{seconds / 60:.0f}"}


def sets_of(recording: Recording) -> list[tuple[str, SetDone]]:
    """(exercise, set) in order: counted live, else the confirmed labels. `spans` should be prefetched."""
    if recording.sets:
        return [
            (
                one.get("exercise") or "",
                SetDone(one.get("count") or None, one["end_s"] - one["start_s"], one["start_s"]),
            )
            for one in recording.sets
        ]
    spans = [span for span in recording.spans.all() if span.state == SpanState.CONFIRMED]
    return [
        (span.label, SetDone(None, span.end_s - span.start_s, span.start_s))
        for span in sorted(spans, key=lambda span: span.start_s)
    ]


def exercises_done(recordings: Iterable[Recording], none: frozenset[str]) -> list[ExerciseDone]:
    """The exercises of a workout in the order they were first done. none: what is no exercise (`no_exercises`)."""
    found: dict[str, ExerciseDone] = {}
    for recording in recordings:
        for name, one in sets_of(recording):
            if name not in none:
                found.setdefault(name, ExerciseDone(name)).sets.append(one)
    return list(found.values())


def ribbon(recording: Recording, none: frozenset[str]) -> list[Piece]:
    """The exercises of one recording along its time."""
    length = recording.duration_s or 0
    pieces = []
    for name, one in sets_of(recording):
        if length > 0 and name not in none:
            title = name.capitalize()
            if one.reps:
                text = ngettext("%(exercise)s, %(n)s rep", "%(exercise)s, %(n)s reps", one.reps)
                title = text % {"exercise": title, "n": one.reps}
            pieces.append(Piece(name, 100 * one.start_s / length, 100 * one.seconds / length, title))
    return pieces
