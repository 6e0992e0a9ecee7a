"""Days as they are written: one order of day and month for a whole column, or none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

ORDERS = {"ymd": "year, month, day", "ydm": "year, day, month", "dmy": "day, month, year", "mdy": "month, day, year"}
FIRST_YEAR = 1990

_NUMBERS = re.compile(r"(\d{1,4})[./\-](\d{1,2})[./\-](\d{1,4})(?!\d)[T ,_]*(.*)", re.DOTALL)
_COMPACT = re.compile(r"(19|20)(\d\d)(\d\d)(\d\d)(?!\d)[T ,_]*(.*)", re.DOTALL)
_NAMED = re.compile(r"(?:[^\W\d_]+\.?,?\s+)?(?:(\d{1,2})(?:st|nd|rd|th)?\.?\s*(?:de\s+)?"
                    r"([^\W\d_]{3,12})\.?|([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?)"
                    r"(?:,?\s+(?:de\s+)?(\d{4}))?(?!\d)[, ]*(.*)", re.DOTALL)  # fmt: skip
_EAST = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?\s*(.*)", re.DOTALL)
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?\s*"
    r"(z|(?:utc|gmt)?[+-]\d{1,2}:?\d{0,2}|utc|gmt)?\b",
    re.IGNORECASE,
)
_MONTHS = (
    "jan januar january janvier enero gennaio janeiro januari tammikuu sty ene gen",
    "feb februar february fevrier febrero febbraio fevereiro februari helmikuu fev fevr",
    "mar marz march mars marzo marco maart mrz maaliskuu mrt",
    "apr april avril abril aprile huhtikuu avr abr",
    "may mai mayo maggio maio mei maj toukokuu mag",
    "jun juni june juin junio giugno junho kesakuu giu",
    "jul juli july juillet julio luglio julho heinakuu juil lug",
    "aug august aout agosto augustus augusti elokuu ago",
    "sep sept september septembre septiembre settembre setembro syyskuu set",
    "oct okt october oktober octobre octubre ottobre outubro lokakuu ott out",
    "nov november novembre noviembre novembro marraskuu",
    "dec dez december dezember decembre diciembre dicembre dezembro joulukuu dic",
)
_MONTH = {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split()}


@dataclass(frozen=True)
class Cell:
    """A date taken apart but not yet read: three numbers whose order is open, or a day that is certain.

    time  minutes since midnight, None where the cell holds no time
    zone  "" none, "z" the letter Z or UTC, else an offset like "+0100"
    """

    numbers: tuple[int, int, int] | None = None
    sign: str = ""
    certain: date | None = None
    without_year: tuple[int, int] | None = None
    time: int | None = None
    zone: str = ""


def take_apart(text: str) -> Cell | None:
    """The parts of a cell that holds a day, with or without a time; None for anything else."""
    text = text.strip().strip("'\"")
    if not text or len(text) > 60:
        return None
    if found := _EAST.match(text):
        year, month, day, rest = found.groups()
        return _certain(int(year), int(month), int(day), rest)
    if found := _NUMBERS.match(text):
        first, second, third = (int(found.group(n)) for n in (1, 2, 3))
        if len(found.group(1)) == 3 or len(found.group(3)) == 3:
            return None
        minutes, zone = _time(found.group(4))
        return Cell((first, second, third), text[len(found.group(1))], time=minutes, zone=zone)
    if found := _COMPACT.match(text):
        century, year, month, day, rest = found.groups()
        return _certain(int(century + year), int(month), int(day), rest)
    if found := _NAMED.match(text):
        return _named(found)
    return _number(text)


def _named(found: re.Match[str]) -> Cell | None:
    word = found.group(2) or found.group(3)
    plain = "".join(ch for ch in unicodedata.normalize("NFKD", word.casefold()) if ch.isalpha())
    month = _MONTH.get(plain) or _MONTH.get(plain[:3])
    if month is None:
        return None
    day = int(found.group(1) or found.group(4))
    if found.group(5) is None:
        minutes, zone = _time(found.group(6))
        return Cell(without_year=(month, day), time=minutes, zone=zone) if 1 <= day <= 31 else None
    return _certain(int(found.group(5)), month, day, found.group(6))


def _number(text: str) -> Cell | None:
    """Seconds or milliseconds since 1970, or the days that spreadsheets count."""
    if not re.fullmatch(r"\d{5}(\.\d+)?|\d{9,10}(\.\d+)?|\d{12,13}", text):
        return None
    value = float(text)
    if value < 80_000:
        if not 32_874 <= value < 73_051:  # 1990 to 2099
            return None
        moment = datetime(1899, 12, 30) + timedelta(days=value)
        return Cell(certain=moment.date(), time=moment.hour * 60 + moment.minute)
    moment = datetime.fromtimestamp(value / (1000 if value > 1e11 else 1), UTC)
    return Cell(certain=moment.date(), time=moment.hour * 60 + moment.minute, zone="z")


def _certain(year: int, month: int, day: int, rest: str) -> Cell | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    minutes, zone = _time(rest)
    return Cell(certain=found, time=minutes, zone=zone)


def _time(rest: str) -> tuple[int | None, str]:
    found = _TIME.search(rest or "")
    if not found:
        return None, ""
    hour, minute = int(found.group(1)), int(found.group(2))
    half = (found.group(4) or "").lower()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59:
        return None, ""
    zone = (found.group(5) or "").lower()
    return hour * 60 + minute, "z" if zone in ("z", "utc", "gmt") else zone


def in_order(cell: Cell, order: str) -> date | None:
    """The day of a cell read in one order; None where that is no day."""
    if cell.certain is not None or cell.numbers is None:
        return cell.certain
    parts = dict(zip(order, cell.numbers, strict=True))
    year = parts["y"] + 2000 if parts["y"] < 100 else parts["y"]
    try:
        return date(year, parts["m"], parts["d"]) if year >= 1000 else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Order:
    """The one order of a column, `open` orders that fit as well, or a column in which no order fits all."""

    order: str = ""
    why: str = ""
    open: tuple[str, ...] = ()
    likely: str = ""
    mixed: bool = False


def find_order(cells: Sequence[Cell], today: date, *, doubt_iso: bool = False) -> Order:
    """Decide the order of a column from all of its cells together.

    A day that is in no order a day counts as a wrong line and not against an order. `doubt_iso` says that the writer
    is known to put the day before the month.
    """
    numbers = [cell for cell in cells if cell.numbers is not None]
    if not numbers:
        return Order("ymd", "written out")
    fits = {order: [in_order(cell, order) for cell in numbers] for order in ORDERS}
    fits = {order: days for order, days in fits.items() if _years_fit(order, numbers)}
    possible = [i for i in range(len(numbers)) if any(days[i] is not None for days in fits.values())]
    whole = [order for order, days in fits.items() if possible and all(days[i] is not None for i in possible)]
    if not whole:
        order = max(fits, key=lambda one: sum(day is not None for day in fits[one]), default="")
        return Order(open=tuple(fits), likely=order, mixed=True)
    if len(whole) == 1:
        return Order(whole[0], "the only order that fits every line")
    days = {order: [day for day in fits[order] if day is not None] for order in whole}
    past = [order for order in whole if max(days[order]) <= today]
    likely = min(whole, key=lambda order: (_step(days[order]), list(ORDERS).index(order)))
    if set(whole) == {"ymd", "ydm"}:
        if not doubt_iso and not (likely == "ydm" and _step(days["ymd"]) >= 27):
            return Order("ymd", "year first, as the standard has it")
        if len(past) == 1:
            return Order(past[0], "the other order has days that have not come yet")
        return Order(open=tuple(whole), likely=likely)
    if "dmy" in whole and all(cell.sign == "." for cell in numbers):
        return Order("dmy", "points stand between day and month")
    if len(past) == 1:
        return Order(past[0], "another order has days that have not come yet")
    return Order(open=tuple(whole), likely=likely)


def _years_fit(order: str, cells: Iterable[Cell]) -> bool:
    """Only orders whose year stands where a number of four digits stands, if there is one."""
    for cell in cells:
        first, _, third = cell.numbers or (0, 0, 0)
        if (first > 99 and order[0] != "y") or (third > 99 and order[2] != "y"):
            return False
        if first <= 99 and third <= 99 and order == "ydm":
            return False
    return True


def _step(days: Sequence[date]) -> float:
    """The usual distance of neighbouring days."""
    once = sorted(set(days))
    if len(once) < 2:
        return 0.0
    return float(median((b - a).days for a, b in pairwise(once)))


def local_day(cell: Cell, day: date, time_zone: str) -> tuple[date, int | None]:
    """(calendar day, minutes since midnight) where the person was: only a stamp in UTC is moved to their zone."""
    if cell.zone != "z" or cell.time is None or time_zone == "UTC":
        return day, cell.time
    moment = datetime(day.year, day.month, day.day, cell.time // 60, cell.time % 60, tzinfo=UTC)
    there = moment.astimezone(ZoneInfo(time_zone))
    return there.date(), there.hour * 60 + there.minute


def with_year(parts: tuple[int, int], newest: date) -> date | None:
    """The last such day of month and day that is not after `newest`."""
    for year in (newest.year, newest.year - 1, newest.year - 2, newest.year - 3, newest.year - 4):
        try:
            found = date(year, *parts)
        except ValueError:
            continue
        if found <= newest:
            return found
    return None
