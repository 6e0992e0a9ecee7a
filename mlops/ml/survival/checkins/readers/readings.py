"""How each column of answers is read: unit, kind, scale; decided from all of its cells, asked where that is unsure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from mlops.ml.survival.checkins.readers import amounts
from mlops.ml.survival.checkins.readers.columns import Column, Layout, cells_of
from mlops.ml.survival.checkins.readers.lines import Sheet
from mlops.ml.survival.checkins.readers.plan import LEAVE_OUT, RATINGS, Asked, DaysRead, LeftOut, Told, Used

YES, NO = {"1", "yes", "true", "y", "ja", "oui", "si", "sí", "x"}, {"0", "no", "false", "n", "nein", "non"}
TOLD = "from your answer"
SEVERAL = {
    "sleep_hours": "sleeps of a day are added", "minutes": "sessions of a day are added",
    "workload": "sessions of a day are added", "rpe": "mean of the sessions by their minutes",
    "hrv_rmssd": "mean", "hrv_sdnn": "mean", "resting_hr": "mean", "is_injured": "yes if any line says yes",
    "note": "joined",
}  # fmt: skip
_HRV_KINDS = (
    ("hrv_rmssd", "RMSSD in ms"), ("hrv_sdnn", "SDNN in ms"), ("ln", "the logarithm of RMSSD"),
    (LEAVE_OUT, "a score, or not known: leave it out"),
)  # fmt: skip
_DURATIONS = (("minutes", "of training"), ("sleep_hours", "of sleep"), (LEAVE_OUT, "of something else: leave it out"))
_PLAIN_DURATION = {"duration", "dauer", "duree", "duracion", "durata", "duracao", "duur"}


@dataclass(frozen=True)
class Reading:
    """How a column is read: `value(cell)` gives the field's value, None for "not known", or raises ValueError."""

    at: int
    field: str
    value: Callable[[str], Any]


def decide(sheet: Sheet, layout: Layout, told: Told, read: DaysRead) -> list[Reading]:
    """The readings of all columns that are sure; what is not is asked in `read`."""
    found: list[Reading] = []
    columns = _kinds(sheet, layout, told, read)
    ratings = [column for column in columns if column.field in RATINGS]
    for column in columns:
        if column.field in RATINGS:
            continue
        cells = cells_of(sheet, column.at)
        made = _reading(column, cells, told, read, sheet)
        if made is not None:
            found.append(made)
    found += _ratings(sheet, ratings, told, read)
    return found


def _kinds(sheet: Sheet, layout: Layout, told: Told, read: DaysRead) -> list[Column]:
    """Columns whose heading leaves open what they are, as what they are; the rest as they stand."""
    names = {column.field for column in layout.fields}
    kept = []
    for column in layout.fields:
        to = column.field
        values = _values(cells_of(sheet, column.at))
        if column.field in ("hrv", "hrv_ln") and "hrv_rmssd" in names:
            read.ignored.append(LeftOut(column.title.text, "another column contains RMSSD"))
            continue
        if column.field == "hrv":
            to = _answer(told, read, "kind.hrv", f"What does “{column.title.text}” contain?", _HRV_KINDS, "hrv_rmssd")
            to = "hrv_ln" if to == "ln" else to
        elif column.field == "session":
            to = "rpe" if values and max(values) <= 10 else "workload"
        elif column.field == "load":
            to = _load(sheet, layout, column, told, read)
        elif (
            column.field == "minutes"
            and column.known is None
            and column.title.base in _PLAIN_DURATION
            and not (names & {"rpe", "session", "workload", "load"})
        ):
            likely = "sleep_hours" if "sleep_hours" not in names and names & {"hrv", "hrv_rmssd"} else "minutes"
            text = f"What does “{column.title.text}” measure the duration of?"
            to = _answer(told, read, "kind.duration", text, _DURATIONS, likely)
        if to == LEAVE_OUT:
            read.ignored.append(LeftOut(column.title.text, TOLD))
        elif to and (to == column.field or to not in names):
            kept.append(Column(column.at, column.title, to, column.known))
        elif to:
            read.ignored.append(LeftOut(column.title.text, "another column contains the same"))
    return kept


def _answer(
    told: Told, read: DaysRead, about: str, text: str, choices: tuple[tuple[str, str], ...], likely: str
) -> str:
    """What a person said, or "" after asking."""
    said = told.get(about, "")
    if said in {value for value, _ in choices}:
        return said
    read.ask(Asked(about, text, choices, likely))
    return ""


def _load(sheet: Sheet, layout: Layout, column: Column, told: Told, read: DaysRead) -> str:
    """Load is session RPE × minutes where the columns beside it say so; else it is asked."""
    beside = {one.field: one.at for one in layout.fields}
    if {"rpe", "minutes"} <= set(beside):
        pairs = []
        for _, row in sheet.rows:
            try:
                rpe, minutes, load = (amounts.number(row[at]) for at in (beside["rpe"], beside["minutes"], column.at))
            except (ValueError, IndexError):
                continue
            pairs.append(abs(rpe * minutes - load) <= 0.02 * max(abs(load), 1))
        if pairs and sum(pairs) >= 0.8 * len(pairs):
            return "workload"
    choices = (
        ("workload", "session RPE × minutes (AU)"),
        (LEAVE_OUT, "other points (TSS, TRIMP, EPOC …): leave it out"),
    )
    return _answer(told, read, "kind.load", f"In which points is “{column.title.text}”?", choices, "")


def _values(cells: Sequence[str]) -> list[float]:
    decimal = amounts.comma_is_decimal(cells)
    found = []
    for cell in cells:
        try:
            found.append(amounts.number(cell, decimal))
        except ValueError:
            continue
    return found


def _reading(column: Column, cells: Sequence[str], told: Told, read: DaysRead, sheet: Sheet) -> Reading | None:
    name = column.field
    decimal = sheet.delimiter == ";" or amounts.comma_is_decimal(cells)
    if name == "note":
        return _use(read, column, "text", None, lambda cell: cell[:500].replace("\x00", ""))
    if name == "is_injured":
        known = sum(cell.casefold() in YES | NO for cell in cells)
        if 2 * known < len(cells):
            read.ignored.append(LeftOut(column.title.text, "not yes or no"))
            return None
        return _use(read, column, "yes or no", None, _yes)
    if name in ("sleep_hours", "minutes"):
        return _duration(column, cells, told, read, decimal)
    values = [value for value in _values(cells) if value > 0]
    if not values:
        if not _values(cells):
            read.ignored.append(LeftOut(column.title.text, "contains no numbers"))
            return None
        values = [1.0]
    middle = median(values)
    if name == "hrv_ln":
        return _use(read, column, "ln ms", None, _numbers("hrv_rmssd", decimal, math.exp), to="hrv_rmssd")
    if name in ("hrv_rmssd", "hrv_sdnn"):
        return _hrv(column, name, middle, told, read, decimal)
    if name == "resting_hr" and 0.4 <= middle <= 2.5:
        return _use(
            read, column, "1/s", 60.0, _numbers(name, decimal, lambda x: 60 * x), why="only this can be a pulse"
        )
    if name == "rpe" and max(values) > 10:
        if max(values) <= 20 and min(values) >= 6:
            choices = (("6-20", "6 to 20 (Borg)"), ("0-10", "0 to 10"), (LEAVE_OUT, "Do not use this column"))
            said = _answer(told, read, "unit.rpe", f"On which scale is “{column.title.text}”?", choices, "6-20")
            if said == "6-20":
                return _use(
                    read, column, "6 to 20", None, _numbers(name, decimal, lambda x: (x - 6) / 1.4), why=TOLD
                )
            if said != "0-10":
                return None
    unit = {"rpe": "0 to 10", "workload": "AU", "resting_hr": "1/min"}[name]
    return _use(read, column, unit, 1.0, _numbers(name, decimal))


def _duration(column: Column, cells: Sequence[str], told: Told, read: DaysRead, decimal: bool) -> Reading | None:
    name, title = column.field, column.title.text
    unit = (column.known.unit if column.known else "") or column.title.unit
    decision = amounts.duration_unit(name, title, unit, cells, told.get(f"unit.{name}", ""))
    if decision.asked is not None:
        read.ask(decision.asked)
        return None
    if decision.unit == LEAVE_OUT:
        read.ignored.append(LeftOut(title, TOLD))
        return None
    scale = 60.0 if name == "minutes" else 1.0
    per_unit = amounts.HOURS.get(decision.unit)
    missing = name == "sleep_hours"

    def value(cell: str) -> float | None:
        found = scale * amounts.hours(cell, decision.unit, decimal)
        return None if missing and found == 0 else amounts.checked(name, found)

    words = amounts.UNIT_WORDS.get(decision.unit, decision.unit)
    return _use(read, column, words, per_unit and scale * per_unit, value, why=decision.why)


def _hrv(column: Column, name: str, middle: float, told: Told, read: DaysRead, decimal: bool) -> Reading | None:
    title = column.title.text
    if middle < 1:
        return _use(
            read, column, "s", 1000.0, _numbers(name, decimal, lambda x: 1000 * x), why="only this fits its size"
        )
    if middle < 7:
        choices = (
            ("ln", "the logarithm of milliseconds"),
            ("ms", "milliseconds"),
            (LEAVE_OUT, "Do not use this column"),
        )
        said = _answer(told, read, f"unit.{name}", f"“{title}” is very small. What is it in?", choices, "ln")
        if said == "ln":
            return _use(read, column, "ln ms", None, _numbers(name, decimal, math.exp), why=TOLD)
        if said != "ms":
            return None
    return _use(read, column, "ms", 1.0, _numbers(name, decimal))


def _numbers(name: str, decimal: bool, change: Callable[[float], float] = float) -> Callable[[str], float | None]:
    """Reads numbers; a zero stands for "not measured" in what cannot be zero."""
    zero_is_missing = name in ("hrv_rmssd", "hrv_sdnn", "resting_hr")

    def value(cell: str) -> float | None:
        found = amounts.number(cell, decimal)
        if found == 0 and zero_is_missing:
            return None
        return amounts.checked(name, change(found))

    return value


def _yes(cell: str) -> bool:
    word = cell.casefold()
    if word not in YES | NO:
        raise ValueError(f"answer yes or no, not “{cell[:30]}”")
    return word in YES


def _use(
    read: DaysRead, column: Column, unit: str, factor: float | None, value: Callable[[str], Any], *, why: str = "",
    to: str = "",
) -> Reading:  # fmt: skip
    name = to or column.field
    read.columns.append(
        Used(name, column.title.text, unit, factor, why or column.why, SEVERAL.get(name, "the last line"))
    )
    return Reading(column.at, name, value)


def _ratings(sheet: Sheet, columns: Sequence[Column], told: Told, read: DaysRead) -> list[Reading]:
    """Ratings of a documented scale are converted; for all others scale and direction are asked, once for the file."""
    found, unsure = [], []
    values = {column.field: _values(cells_of(sheet, column.at)) for column in columns}
    for column in columns:
        name = column.field
        cells = cells_of(sheet, column.at)
        if 2 * len(values[name]) < len(cells):
            read.ignored.append(LeftOut(column.title.text, "contains no numbers"))
            continue
        known = column.known if column.known and column.known.unit else None
        is_sample = column.title.text == f"{name} (1-7)"
        scale = told.get(f"scale.{name}") or (known.unit if known else column.title.scale) or told.get("scale", "")
        direction = (
            told.get(f"direction.{name}") or (known.direction if known else "") or ("named" if is_sample else "")
            or told.get("direction", "")
        )  # fmt: skip
        if scale == LEAVE_OUT:
            read.ignored.append(LeftOut(column.title.text, TOLD))
        elif scale not in amounts.SCALES or direction not in dict(amounts.DIRECTIONS):
            unsure.append((column, scale, direction))
        else:
            why = "as the product documents it" if known else "this site's own sample" if is_sample else TOLD
            found.append(_use_rating(read, column, scale, direction, why))
    if unsure:
        _ask_ratings([column for column, _, _ in unsure], values, read,
                     scale=any(s not in amounts.SCALES for _, s, _ in unsure),
                     direction=any(not d for _, _, d in unsure))  # fmt: skip
    return found


def _use_rating(read: DaysRead, column: Column, scale: str, direction: str, why: str) -> Reading:
    name, zero_is_missing = column.field, amounts.scale_ends(scale)[0] > 0

    def value(cell: str) -> int | None:
        number = amounts.number(cell)
        return None if number == 0 and zero_is_missing else amounts.rating(name, number, scale, direction)

    turned = direction != "named" and (direction == "good") != amounts.GOOD_WHEN_HIGH[name]
    words = f"{scale.replace('-', ' to ')}{', turned round' if turned else ''} → 1 to 7"
    return _use(read, column, words, None, value, why=why)


def _ask_ratings(
    columns: Sequence[Column], values: dict[str, list[float]], read: DaysRead, *, scale: bool, direction: bool
) -> None:
    titles = ", ".join(f"“{column.title.text}”" for column in columns)
    together = [value for column in columns for value in values[column.field]]
    if scale:
        top = f"; the file contains {min(together):g} to {max(together):g}" if together else ""
        fit = [one for one in amounts.SCALES if amounts.scale_fits(one, together)] or list(amounts.SCALES)
        choices = (*((one, one.replace("-", " to ")) for one in fit), (LEAVE_OUT, "I do not know: leave them out"))
        read.ask(Asked("scale", f"Which scale do {titles} run on{top}?", choices, amounts.likely_scale(together)))
    if direction:
        read.ask(Asked("direction", f"What do high numbers mean in {titles}?", amounts.DIRECTIONS, ""))
