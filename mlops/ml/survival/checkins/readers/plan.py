"""What was understood of a file of days: columns with their factors, the days, what was left out, what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from mlops.ml.survival.checkins.days import QUESTIONS

MAX_ERRORS = 50
MAX_NOTES = 20
LEAVE_OUT = "-"
"""The answer "do not use this" to any question."""

LIMITS = {one.name: (one.least, one.most) for one in QUESTIONS} | {
    "rpe": (0.0, 10.0), "minutes": (0.0, 1440.0), "hrv_sdnn": (1.0, 400.0),
}  # fmt: skip
"""Field → the least and the most that can be believed, in the field's own unit."""
RATINGS = ("sleep_quality", "stress", "soreness", "mood", "fatigue")
FIELDS = (
    "sleep_hours", *RATINGS, "rpe", "minutes", "workload", "hrv_rmssd", "hrv_sdnn", "resting_hr", "is_injured", "note",
)  # fmt: skip

Told = Mapping[str, str]
"""What a person says about a file, by what was asked (`Asked.about`): "dates" → "dmy", "unit.sleep_hours" → "min",
"kind.hrv" → "sdnn", "scale" and "direction" for all ratings or "scale.mood" for one, "column.mood" → a heading."""


@dataclass(frozen=True)
class Asked:
    """Something that the file does not tell and that must not be guessed.

    about    the key of its answer in `Told`
    choices  (value, words); `likely` is the value that fits best, or ""
    """

    about: str
    text: str
    choices: tuple[tuple[str, str], ...]
    likely: str = ""


@dataclass(frozen=True)
class Used:
    """A column that is used: the field, the heading in the file, how it is converted and how that is known.

    factor   from the file's number to the field's; None where it is no multiplication
    several  what happens when a day has several lines
    """

    name: str
    title: str
    unit: str
    factor: float | None
    why: str
    several: str


@dataclass(frozen=True)
class LeftOut:
    """A column that is not used, and why."""

    title: str
    why: str


@dataclass(frozen=True)
class LineError:
    """What is wrong with a line of the file; `line` counts from 1."""

    line: int
    text: str


@dataclass
class DaysRead:
    """What an import would do. Empty `days` while something that concerns every line is asked.

    product  who wrote the file, "" where that is not known
    dates    the one order of day and month of the file: ymd, ydm, dmy, mdy, or another way in words
    days     "2026-03-02" → field → value in the field's unit
    """

    product: str = ""
    dates: str = ""
    day_column: str = ""
    columns: list[Used] = field(default_factory=list)
    ignored: list[LeftOut] = field(default_factory=list)
    days: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: list[LineError] = field(default_factory=list)
    n_errors: int = 0
    n_lines: int = 0
    asked: list[Asked] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def refuse(self, line: int, text: str) -> None:
        """Note an error; only the first ones are kept in words."""
        self.n_errors += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(LineError(line, text))

    def note(self, text: str) -> None:
        """Note what a person should know, once."""
        if text not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(text)

    def ask(self, question: Asked) -> None:
        """Ask something, once."""
        if all(one.about != question.about for one in self.asked):
            self.asked.append(question)

    def by_day(self) -> dict[date, dict[str, Any]]:
        """The days by date."""
        return {date.fromisoformat(day): answers for day, answers in self.days.items()}

    def facts(self) -> dict[str, Any]:
        """Everything as JSON."""
        return asdict(self)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> DaysRead:
        """The inverse of `facts`."""
        made = dict(facts)
        kinds: dict[str, Any] = {"columns": Used, "ignored": LeftOut, "errors": LineError}
        for name, kind in kinds.items():
            made[name] = [kind(**one) for one in facts[name]]
        made["asked"] = [Asked(**{**one, "choices": tuple(map(tuple, one["choices"]))}) for one in facts["asked"]]
        return cls(**made)
