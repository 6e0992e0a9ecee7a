"""A table of days from a file: what was understood, the days, and what must be asked first. A function of a path."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from mlops.ml.contract import UnreadableInput
from mlops.ml.survival.checkins.readers import dates
from mlops.ml.survival.checkins.readers.amounts import is_missing, number
from mlops.ml.survival.checkins.readers.columns import Layout, choose_person, find_layout
from mlops.ml.survival.checkins.readers.combine import Line, combined
from mlops.ml.survival.checkins.readers.lines import Sheet, read_sheet
from mlops.ml.survival.checkins.readers.names import compact, read_title
from mlops.ml.survival.checkins.readers.plan import Asked, DaysRead, Told, Used
from mlops.ml.survival.checkins.readers.readings import Reading, decide

EVENING = 18 * 60
"""A night that begins after six in the evening ends on the next day."""


def read_days(path: Path, *, today: date, time_zone: str = "UTC", told: Told | None = None) -> DaysRead:
    """Read a whole table of days.

    `told` answers what was asked before; `today` is the person's, and no later day is taken. `time_zone` is the
    person's: stamps in UTC are moved to it. Raises UnreadableInput with the line. Units of the values: h, 1 to 7,
    0 to 10, min, AU, ms, 1/min.
    """
    told = told or {}
    read = DaysRead()
    sheet = _with_sums(read_sheet(path))
    layout = find_layout(sheet, told, read)
    read.n_lines = len(sheet.rows)
    read.day_column = layout.day.title.text
    readings = decide(sheet, layout, told, read)
    if not readings and not read.asked and not told:
        raise UnreadableInput("no column contains an answer; see the sample file", row=1, code="no_answers")
    person = choose_person(sheet, layout, told, read)
    days = _days(sheet, layout, told, read, today, time_zone)
    if days is None or person == "":
        return read
    lines = []
    for at, (row_number, row) in enumerate(sheet.rows):
        if (
            person is not None
            and layout.person is not None
            and row[layout.person.at : layout.person.at + 1] != [person]
        ):
            continue
        line = _line(row_number, row, at, sheet, layout, readings, days, read)
        if line is not None:
            lines.append(line)
    read.days = combined(lines, read)
    if read.dates in dates.ORDERS:
        read.note(f"Days are read as {dates.ORDERS[read.dates]}.")
    return read


def _with_sums(sheet: Sheet) -> Sheet:
    """The same with columns that a product tells in parts only (deep, light and REM sleep) added up."""
    from mlops.ml.survival.checkins.readers.products import find_product

    keys = [read_title(text).key for text in sheet.titles]
    product = find_product(frozenset(keys))
    for name, (parts, _) in (product.sums if product else {}).items():
        assert product is not None
        if any((known := product.columns.get(key)) and known.field == name for key in keys) or not set(parts) <= set(
            keys
        ):
            continue
        total = next(key for key, known in product.columns.items() if known.field == name)
        places = [keys.index(part) for part in parts]
        rows = [(n, [*row, _sum(row, places)]) for n, row in sheet.rows]
        sheet = Sheet([*sheet.titles, total], rows, sheet.units, sheet.delimiter)
    return sheet


def _sum(row: list[str], places: list[int]) -> str:
    cells = [row[at] for at in places if at < len(row) and not is_missing(row[at])]
    try:
        return str(sum(number(cell) for cell in cells)) if cells else ""
    except ValueError:
        return ""


def _days(
    sheet: Sheet, layout: Layout, told: Told, read: DaysRead, today: date, time_zone: str
) -> list[tuple[date, str] | str] | None:
    """(day, moment) of each line, or the words why it has none; None while the order of day and month is asked."""
    at = layout.day.at
    cells = [dates.take_apart(row[at]) if at < len(row) else None for _, row in sheet.rows]
    known = [cell for cell in cells if cell is not None]
    if not known:
        raise UnreadableInput("no line contains a day", row=1, code="no_day")
    said = told.get("dates", "")
    order = dates.find_order(known, today, doubt_iso=bool(layout.product and layout.product.day_first))
    chosen = said if said in dates.ORDERS else order.order
    newest = _newest(known, told, read, today)
    if not chosen:
        choices = tuple(
            (one, f"{words}: {_shown(known, one)}") for one, words in dates.ORDERS.items() if one in order.open
        )
        text = (
            "No one order of day and month fits every line; lines in another one would be left out. Which is it?"
            if order.mixed else f"In which order are the days of “{layout.day.title.text}” written?"
        )  # fmt: skip
        read.ask(Asked("dates", text, choices, order.likely))
    if not chosen or newest is None:
        return None
    read.dates = chosen if any(cell.numbers for cell in known) else ""
    role = "as the product documents it" if layout.day.known else "by its heading and its cells"
    why = "from your answer" if said else order.why
    words = dates.ORDERS[chosen] if read.dates else why
    read.columns.insert(0, Used("day", layout.day.title.text, words, None, f"{role}; {why}", ""))
    found: list[tuple[date, str] | str] = []
    for cell, (_, row) in zip(cells, sheet.rows, strict=True):
        found.append(_one(cell, row, layout, chosen, newest, today, time_zone))
    return found


def _shown(cells: list[dates.Cell], order: str) -> str:
    days = [day for cell in cells if cell.numbers and (day := dates.in_order(cell, order))]
    return f"{min(days):%-d %B %Y} to {max(days):%-d %B %Y}" if days else "no day"


def _newest(cells: list[dates.Cell], told: Told, read: DaysRead, today: date) -> date | None:
    """Up to which day days without a year count; None while it is asked."""
    if all(cell.without_year is None for cell in cells):
        return today
    years = [str(today.year - back) for back in range(4)]
    if told.get("year") in years:
        return min(today, date(int(told["year"]), 12, 31))
    choices = tuple((year, year) for year in years)
    read.ask(Asked("year", "The days have no year. In which year is the newest of them?", choices, years[0]))
    return None


def _one(
    cell: dates.Cell | None, row: list[str], layout: Layout, order: str, newest: date, today: date, time_zone: str
) -> tuple[date, str] | str:
    text = row[layout.day.at].strip()[:30] if layout.day.at < len(row) else ""
    if cell is None:
        return f"“{text}” is no day; write 2026-05-31" if text else "the day is missing"
    day = dates.with_year(cell.without_year, newest) if cell.without_year else dates.in_order(cell, order)
    if day is None:
        return f"“{text}” is no day as {dates.ORDERS[order]}"
    day, minutes = dates.local_day(cell, day, time_zone)
    if layout.role == "start" and minutes is not None and minutes >= EVENING:
        day += timedelta(days=1)
    if day > today:
        return f"{day:%Y-%m-%d} is in the future"
    if day.year < dates.FIRST_YEAR:
        return f"{day:%Y-%m-%d} is too far in the past"
    end = row[layout.end.at].strip() if layout.end is not None and layout.end.at < len(row) else ""
    return day, end or (text if cell.time is not None else "")


def _line(
    number: int, row: list[str], at: int, sheet: Sheet, layout: Layout, readings: list[Reading],
    days: list[tuple[date, str] | str], read: DaysRead,
) -> Line | None:  # fmt: skip
    width = len(sheet.titles)
    if len(row) < width or any(cell.strip() for cell in row[width:]):
        read.refuse(number, f"{len(row)} cells, but the heading has {width}")
        return None
    found = days[at]
    if isinstance(found, str):
        read.refuse(number, found)
        return None
    product = layout.product
    marks = {key: compact(row[place]) for key, place in layout.marks.items()}
    if product and any(marks.get(key) in cells for key, cells in product.skipped.items()):
        return None
    values = {}
    for one in readings:
        cell = row[one.at].strip()
        if is_missing(cell):
            continue
        try:
            value = one.value(cell)
        except (ValueError, OverflowError) as error:
            read.refuse(number, f"{one.field}: {error}")
            continue
        if value is not None:
            values[one.field] = value
    if not values:
        return None
    first = not product or all(marks.get(key) in cells for key, cells in product.first_of.items() if key in marks)
    source = row[layout.source.at].strip() if layout.source else ""
    day, moment = found
    return Line(number, f"{day:%Y-%m-%d}", values, moment, source, first, tuple(row))
