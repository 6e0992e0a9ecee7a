"""Times written as text: date-times in several orders, times of day, durations. All become microseconds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from mlops.ml.sensors.readers.plan import TimeUnit

_ISO = re.compile(r"\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_DATE = r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})"
_TIME = r"(\d{1,2})[:h.-](\d{2})(?:[:m.-](\d{2})(?:[.,:_](\d{1,9}))?)?\s*(am|pm)?"
_ZONE = r"\s*(z|utc|gmt|(?:utc|gmt)?[+-]\d{1,2}:?(?:\d{2})?)?"
_DATE_TIME = re.compile(rf"\s*{_DATE}[T ,_]*\s*{_TIME}{_ZONE}\s*", re.IGNORECASE)
_DATE_ONLY = re.compile(rf"\s*{_DATE}\s*")
_CLOCK = re.compile(r"\s*(-)?(?:(\d+)\s*days?,?\s*)?\+?(\d{1,4}):(\d{2})(?::(\d{2}))?(?:[.,:](\d{1,9}))?\s*")
_PERIOD = re.compile(r"\s*P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?\s*", re.IGNORECASE)
_HEADING_ZONE = re.compile(r"(?:^|[(\[ _])(?:utc|gmt)?([+-])(\d{2}):?(\d{2})(?:[)\]]|$)", re.IGNORECASE)


def iso_microseconds(text: str) -> float:
    """Return microseconds since 1970 of an ISO 8601 date-time, UTC where no zone stands; raises ValueError."""
    stamp = datetime.fromisoformat(text.strip().replace(",", "."))
    stamp = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return stamp.timestamp() * 1e6


def is_iso(text: str) -> bool:
    """True for a date-time with at least minutes, e.g. ``2024-05-01T10:00:00.120Z``."""
    if not _ISO.match(text):
        return False
    try:
        iso_microseconds(text)
    except (ValueError, OverflowError):
        return False
    return True


def stamp_microseconds(text: str, unit: TimeUnit) -> float:
    """Return microseconds of a stamp written as `unit` says; raises ValueError.

    iso, ymd, dmy, mdy count from 1970 (UTC where no zone stands), clock from midnight or from the start.
    """
    if unit == "iso":
        return iso_microseconds(text)
    if unit == "clock":
        return _clock_microseconds(text)
    found = _DATE_TIME.fullmatch(text)
    if not found:
        raise ValueError("no date and time")
    first, second, third = (int(found.group(n)) for n in (1, 2, 3))
    year, month, day = _ordered(first, second, third, unit)
    hour, minute, second_ = int(found.group(4)), int(found.group(5)), int(found.group(6) or 0)
    if found.group(8):
        hour = hour % 12 + (12 if found.group(8).lower() == "pm" else 0)
    stamp = datetime(year, month, day, hour, minute, second_, tzinfo=_zone(found.group(9)))
    return stamp.timestamp() * 1e6 + float(f"0.{found.group(7) or 0}") * 1e6


def _ordered(first: int, second: int, third: int, unit: TimeUnit) -> tuple[int, int, int]:
    if unit == "ymd":
        return first, second, third
    year = third + 2000 if third < 100 else third
    return (year, second, first) if unit == "dmy" else (year, first, second)


def _zone(text: str | None) -> timezone:
    bare = re.sub(r"utc|gmt|z|:", "", (text or "").lower())
    if not bare:
        return UTC
    hours, minutes = int(bare[1:3]), int(bare[3:] or 0)
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if bare[0] == "-" else shift)


def _clock_microseconds(text: str) -> float:
    found = _CLOCK.fullmatch(text)
    if found:
        sign, days, first, second, third, part = found.groups()
        # 06:13:20.5 and 06:13 are hours first, 01.5 and 61:20.5 with a fraction but no third part minutes first
        hours, minutes, seconds = (
            (first, second, third) if third else (0, first, second) if part else (first, second, 0)
        )
        total = int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        return (-1 if sign else 1) * (total * 1e6 + float(f"0.{part or 0}") * 1e6)
    period = _PERIOD.fullmatch(text)
    if period and any(period.groups()):
        days, hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in period.groups())
        return (days * 86400 + hours * 3600 + minutes * 60 + seconds) * 1e6
    raise ValueError("no time of day or duration")


def is_stamp(text: str) -> bool:
    """True for anything that is a time as text, in whatever order of day and month."""
    if is_iso(text):
        return True
    if _DATE_TIME.fullmatch(text):
        return True
    try:
        _clock_microseconds(text)
    except ValueError:
        return False
    return True


def is_date(text: str) -> bool:
    """True for a day without a time; its year has four digits."""
    found = _DATE_ONLY.fullmatch(text)
    return found is not None and 4 in (len(found.group(1)), len(found.group(3)))


def stamp_unit(cells: Iterable[str]) -> TimeUnit | None:
    """Return how the stamps of a column are written; None where they are none, or day and month cannot be told
    apart."""
    found = [cell for cell in cells if cell.strip()]
    if not found:
        return None
    if all(is_iso(cell) for cell in found):
        return "iso"
    if all(_DATE_TIME.fullmatch(cell) for cell in found):
        return date_order([match.group(0) for cell in found if (match := re.match(rf"\s*{_DATE}", cell))])
    try:
        for cell in found:
            _clock_microseconds(cell)
    except ValueError:
        return None
    return "clock"


def date_order(days: Iterable[str]) -> TimeUnit | None:
    """Return ymd, dmy or mdy when the days of a column allow one order only, else None.

    A point between day and month is how dmy is written, whatever the numbers.
    """
    parts = [[int(n) for n in match.groups()] for day in days if (match := _DATE_ONLY.fullmatch(day))]
    texts = [day for day in days]
    if not parts:
        return None
    if all(first > 31 for first, _, _ in parts):
        return "ymd" if all(1 <= second <= 12 and third <= 31 for _, second, third in parts) else None
    if all(third > 31 or third < 100 for _, _, third in parts):
        may_dmy = all(1 <= second <= 12 and first <= 31 for first, second, _ in parts)
        may_mdy = all(1 <= first <= 12 and second <= 31 for first, second, _ in parts)
        if may_dmy and (not may_mdy or any("." in text for text in texts)):
            return "dmy"
        if may_mdy and not may_dmy:
            return "mdy"
    return None


def heading_zone_s(name: str) -> float | None:
    """Return the shift to UTC in seconds that a heading tells, ``timestamp (+0100)`` → 3600, or None."""
    found = _HEADING_ZONE.search(name)
    if not found:
        return None
    shift = int(found.group(2)) * 3600 + int(found.group(3)) * 60
    return float(-shift if found.group(1) == "-" else shift)
