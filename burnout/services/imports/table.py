"""A CSV of days: columns found by their names, every line checked, nothing kept before a person says so."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from burnout.models import ANSWERS, LIMITS
from mlops.ml.contract import UnreadableInput
from mlops.ml.sensors.readers.text import read_head, sniff_text

MAX_BYTES = 16 * 1024 * 1024
MAX_LINES = 20_000
MAX_ERRORS = 50
MAX_LINE_CHARS = 10_000
DAY_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d")
ALIASES = {
    "day": ("date", "day", "datum", "calendar_date"),
    "sleep_hours": ("sleep", "sleep_h", "hours_slept", "sleep_duration"),
    "hrv_rmssd": ("rmssd", "hrv", "ln_rmssd_ms", "hrv_rmssd_ms"),
    "hrv_sdnn": ("sdnn", "hrv_sdnn_ms"),
    "resting_hr": ("rhr", "resting_heart_rate", "resting_pulse"),
    "workload": ("load", "srpe", "training_load", "session_rpe_load"),
    "minutes": ("duration", "duration_min", "training_minutes"),
    "is_injured": ("injured", "injury", "pain"),
    "note": ("notes", "comment"),
}
RATINGS = ("sleep_quality", "stress", "soreness", "mood", "fatigue")
YES, NO = {"1", "yes", "true", "y"}, {"0", "no", "false", "n"}


@dataclass(frozen=True)
class LineError:
    """What is wrong with a line of the file; `line` counts from 1, the heading is line 1."""

    line: int
    text: str


@dataclass
class Plan:
    """What an import would do: the columns used, the days, and what was not understood."""

    columns: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    days: dict[date, dict[str, Any]] = field(default_factory=dict)
    errors: list[LineError] = field(default_factory=list)
    n_errors: int = 0
    n_twice: int = 0

    def refuse(self, line: int, text: str) -> None:
        """Note an error; only the first ones are kept in words."""
        self.n_errors += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(LineError(line, text))


def table_plan(path: Path, *, today: date | None = None) -> Plan:
    """Read a whole table. A day that comes twice keeps its last line. Raises UnreadableInput with the line."""
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableInput("a table of days has at most 16 MiB", code="too_large")
    shape = sniff_text(read_head(path))
    with path.open(encoding=shape.encoding, errors="replace", newline="") as file:
        text = file.read().lstrip("\ufeff")
    plan = Plan()
    lines = _lines(text)
    heading = next(lines, None)
    if heading is None:
        raise UnreadableInput("the file holds no line", code="empty_file")
    places = _columns(heading[1], plan)
    today = today or timezone.now().date()
    for number, cells in lines:
        if number > MAX_LINES:
            raise UnreadableInput(f"more than {MAX_LINES} lines", row=number, code="too_long")
        if not any(cell.strip() for cell in cells):
            continue
        try:
            day, answers = _line(cells, places, len(heading[1]), today)
        except ValueError as error:
            plan.refuse(number, str(error))
            continue
        plan.n_twice += day in plan.days
        plan.days[day] = answers
    return plan


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    head = text[:4096]
    longest = max((len(line) for line in text.splitlines()), default=0)
    if longest > MAX_LINE_CHARS:
        where = next(i for i, line in enumerate(text.splitlines(), 1) if len(line) > MAX_LINE_CHARS)
        raise UnreadableInput(f"line {where} is longer than any day can be", row=where, code="line_too_long")
    delimiter = max(",;\t", key=head.splitlines()[0].count if head.splitlines() else head.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise UnreadableInput(f"line {reader.line_num}: {error}", row=reader.line_num, code="not_csv") from error


def _columns(heading: list[str], plan: Plan) -> dict[str, int]:
    places: dict[str, int] = {}
    names = {alias: name for name, aliases in ALIASES.items() for alias in aliases} | {name: name for name in ANSWERS}
    names["day"] = "day"
    for place, title in enumerate(heading):
        name = names.get(re.sub(r"[^a-z0-9]+", "_", title.strip().lower()).strip("_"))
        if name is None or name in places:
            plan.ignored.append(title.strip()[:60] or f"column {place + 1}")
        else:
            places[name] = place
            plan.columns[name] = title.strip()[:60]
    if "day" not in places:
        raise UnreadableInput("no column is called date or day", row=1, code="no_day")
    if len(places) == 1:
        raise UnreadableInput("no column holds an answer; the sample file shows them", row=1, code="no_answers")
    return places


def _line(cells: list[str], places: dict[str, int], width: int, today: date) -> tuple[date, dict[str, Any]]:
    if len(cells) != width:
        raise ValueError(f"{len(cells)} cells, but the heading has {width}")
    day = _day(cells[places["day"]].strip())
    if day > today:
        raise ValueError(f"{day:%Y-%m-%d} has not come yet")
    if day.year < 1990:
        raise ValueError(f"{day:%Y-%m-%d} lies too far back")
    answers: dict[str, Any] = {}
    for name, place in places.items():
        cell = cells[place].strip()
        if name == "day" or not cell or cell.lower() in {"na", "nan", "null", "-"}:
            continue
        answers[name] = _answer(name, cell)
    return day, answers


def _day(cell: str) -> date:
    for known in DAY_FORMATS:
        try:
            return datetime.strptime(cell[:10], known).date()
        except ValueError:
            continue
    raise ValueError(f"“{cell[:30]}” is no day; write 2026-05-31")


def _answer(name: str, cell: str) -> Any:
    if name == "note":
        return cell[:500].replace("\x00", "")
    if name == "is_injured":
        if cell.lower() in YES | NO:
            return cell.lower() in YES
        raise ValueError(f"{name}: answer yes or no, not “{cell[:30]}”")
    try:
        value = float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        raise ValueError(f"{name}: “{cell[:30]}” is no number") from None
    least, most = {"rpe": (0, 10), "minutes": (0, 1440), "hrv_sdnn": LIMITS["hrv_rmssd"]}.get(name) or LIMITS[name]
    if not math.isfinite(value) or not least <= value <= most:
        raise ValueError(f"{name}: {cell[:30]} lies outside {least:g} to {most:g}")
    if name in RATINGS and value != int(value):
        raise ValueError(f"{name}: a rating is a whole number from 1 to 7")
    return int(value) if name in RATINGS else value


def validation_error(error: UnreadableInput) -> ValidationError:
    """The sentence for a person."""
    row = f"Line {error.row}: " if error.row and not str(error).startswith("line") else ""
    return ValidationError(f"{row}{str(error)[:1].upper()}{str(error)[1:]}.", code=error.code)
