"""Numbers of a day as they are written: durations in their unit, heart rate variability by its kind, ratings by their
scale. What a column holds is decided from its heading and from all of its cells together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from mlops.ml.survival.checkins.readers.plan import LEAVE_OUT, LIMITS, Asked

MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "--", "---", "–", "—", "?", "nil", "missing", "k.a.", "no data"}
HOURS = {"h": 1.0, "min": 1 / 60, "s": 1 / 3600, "ms": 1 / 3.6e6}
"""Unit → hours."""
UNIT_WORDS = {
    "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "h:mm": "hours:minutes",
    "m:ss": "minutes:seconds", "h.mm": "hours, then minutes behind the point (7.45 is 7 h 45 min)", "text": "in words",
}  # fmt: skip
SCALES = ("1-5", "1-7", "0-10", "1-10", "1-4", "0-5", "0-4", "1-3", "1-9", "0-6", "0-7", "0-100", "1-100")
GOOD_WHEN_HIGH = {"sleep_quality": True, "mood": True, "stress": False, "soreness": False, "fatigue": False}
DIRECTIONS = (
    ("named", "more of what the column is called (more stress, more soreness, a better mood)"),
    ("good", "always better (no stress, not sore, fresh)"),
    ("bad", "always worse (very stressed, very sore, a bad mood)"),
)
_NUMBER = re.compile(r"\s*([+-]?(?:\d[\d\s']*\d|\d)?(?:[.,]\d+)*)\s*([^\d\s].*)?", re.DOTALL)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d)(?:[.,]\d+)?)?")
_H = r"h|hrs?|hours?|std|stunden?|u|uur|uren|heures?|horas?|ore|ora|godz|tim|t|時間|小时|小時|시간|ч|час(?:ов|а)?"
_M = r"m|mins?|minutes?|minuten|minutos?|minuti|分|分钟|分鐘|분|мин(?:ут)?"
_S = r"s|secs?|seconds?|sek|秒|초|с(?:ек)?"
_WORDS = re.compile(
    rf"(?:(\d+(?:[.,]\d+)?)\s*(?:{_H})\.?)?\s*(?:(\d+(?:[.,]\d+)?)\s*(?:{_M})\.?)?\s*(?:(\d+)\s*(?:{_S})\.?)?",
    re.IGNORECASE,
)
_PERIOD = re.compile(r"PT?(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?", re.IGNORECASE)
_BANDS = {"sleep_hours": (2.0, 16.0), "minutes": (4 / 60, 6.0)}
"""Hours between which the middle of a column of sleep or of training lies."""


def is_missing(cell: str) -> bool:
    """True for an empty cell and for the ways to write "not known"."""
    return cell.strip().casefold() in MISSING


def comma_is_decimal(cells: Sequence[str]) -> bool:
    """False where commas stand before exactly three digits everywhere ("4,614"): they part thousands."""
    commas = [cell for cell in cells if "," in cell]
    return not commas or any(not re.search(r"\d{1,3}(,\d{3})+(\.\d+)?(?!\d)", cell) for cell in commas)


def number(cell: str, decimal_comma: bool = True) -> float:
    """A number with or without a unit behind it: "42ms", "1 250", "7,5"; raises ValueError."""
    found = _NUMBER.fullmatch(cell.strip())
    text = re.sub(r"[\s']", "", found.group(1)) if found else ""
    if not text:
        raise ValueError(f"“{cell[:30]}” is no number")
    if "," in text and "." in text:
        text = text.replace(".", "").replace(",", ".") if text.rfind(",") > text.rfind(".") else text.replace(",", "")
    elif "," in text:
        text = text.replace(",", ".") if decimal_comma and text.count(",") == 1 else text.replace(",", "")
    rest = ((found.group(2) or "") if found else "").strip().casefold()
    if rest.startswith("e") and re.fullmatch(r"e[+-]?\d{1,2}", rest):
        text, rest = text + rest, ""
    if len(rest) > 24 or ":" in rest or ("/" in rest[1:] and any(ch.isdigit() for ch in rest)):
        raise ValueError(f"“{cell[:30]}” is no number")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"“{cell[:30]}” is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"“{cell[:30]}” is no number")
    return value


def is_bare(cell: str) -> bool:
    """True for a number without anything around it."""
    return re.fullmatch(r"[+-]?\d+([.,]\d+)?", cell.strip()) is not None


def hours(cell: str, unit: str, decimal_comma: bool = True) -> float:
    """Hours of a duration; text ("7:32", "7h 32m", "PT7H32M") is read as it says. Raises ValueError."""
    cell = cell.strip()
    if found := _CLOCK.fullmatch(cell):
        first, second, third = int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)
        if unit == "m:ss" and found.group(3) is None:
            return first / 60 + second / 3600
        return first + second / 60 + third / 3600
    if is_bare(cell):
        value = number(cell, decimal_comma)
        if unit == "h.mm":
            whole = math.floor(value)
            return whole + (value - whole) / 0.6
        return value * HOURS[unit if unit in HOURS else "h"]
    for pattern in (_PERIOD, _WORDS):
        found = pattern.fullmatch(cell)
        if found and any(found.groups()):
            parts = [float((part or "0").replace(",", ".")) for part in found.groups()]
            return parts[0] + parts[1] / 60 + parts[2] / 3600
    raise ValueError(f"“{cell[:30]}” is no duration")


@dataclass(frozen=True)
class Decision:
    """How a column is read: its unit, why that is so, and the question where it is not sure."""

    unit: str
    why: str
    asked: Asked | None = None


def duration_unit(field: str, title: str, heading_unit: str, cells: Sequence[str], told: str) -> Decision:
    """The unit of a column of sleep or training durations."""
    if told in UNIT_WORDS or told == LEAVE_OUT:
        return Decision(told, "from your answer")
    bare = [cell for cell in cells if is_bare(cell)]
    if len(bare) < 0.5 * len(cells):
        return _clock_unit(field, title, cells)
    values = [value for cell in bare if (value := number(cell)) > 0]
    low, high = _BANDS[field]
    fit = [
        unit for unit, factor in HOURS.items()
        if values and low <= median(values) * factor <= high and max(values) * factor <= 24.001
    ]  # fmt: skip
    heading = heading_unit if heading_unit in HOURS else ""
    if heading and (not fit or heading in fit):
        unit, why = heading, "from the heading"
    elif not heading and len(fit) == 1:
        unit, why = fit[0], "only this fits the size of the numbers"
    else:
        return Decision("", "", _ask_unit(field, title, fit or list(HOURS), fit[0] if fit else ""))
    if unit == "h" and _minutes_behind_point(bare):
        return Decision("", "", _ask_unit(field, title, ["h", "h.mm"], "h.mm"))
    return Decision(unit, why)


def _clock_unit(field: str, title: str, cells: Sequence[str]) -> Decision:
    clocks = [found for cell in cells if (found := _CLOCK.fullmatch(cell.strip()))]
    if 2 * len(clocks) < len(cells):
        return Decision("text", "written in words")
    if any(found.group(3) for found in clocks) or field == "sleep_hours":
        return Decision("h:mm", "written as hours and minutes")
    if max(int(found.group(1)) for found in clocks) > 12:
        return Decision("m:ss", "more hours than anyone trains in a day")
    return Decision("", "", _ask_unit(field, title, ["h:mm", "m:ss"], ""))


def _minutes_behind_point(cells: Sequence[str]) -> bool:
    """True where two digits behind the point never reach 60: in eight nights that is chance once in sixty."""
    tails = [int(found.group(1)) for cell in cells if (found := re.search(r"[.,](\d\d)$", cell.strip()))]
    return len(tails) >= 8 and max(tails) < 60


def _ask_unit(field: str, title: str, units: Sequence[str], likely: str) -> Asked:
    choices = (*((unit, UNIT_WORDS[unit]) for unit in units), (LEAVE_OUT, "Do not use this column"))
    return Asked(f"unit.{field}", f"In which unit is “{title}”?", choices, likely)


def scale_fits(scale: str, values: Sequence[float]) -> bool:
    """True when all values lie on a scale; zeros below a scale from 1 stand for "not answered"."""
    least, most = scale_ends(scale)
    return all(least <= value <= most for value in values if value != 0 or least == 0)


def scale_ends(scale: str) -> tuple[float, float]:
    """ "1-5" → (1, 5); raises ValueError for anything else."""
    least, _, most = scale.partition("-")
    if scale not in SCALES:
        raise ValueError(f"there is no scale {scale[:10]}")
    return float(least), float(most)


def likely_scale(values: Sequence[float]) -> str:
    """The usual scale that all values of a file's ratings lie on, "" where none does."""
    return next((scale for scale in SCALES if scale_fits(scale, values)), "")


def rating(field: str, value: float, scale: str, direction: str) -> int:
    """A value of a scale as 1 to 7, where 7 is most of what the field is called. Halves go towards the middle, so that
    turning a scale round turns the ratings round. Raises ValueError."""
    least, most = scale_ends(scale)
    if not least <= value <= most:
        raise ValueError(f"{value:g} does not lie on the scale {scale}")
    exact = 1 + 6 * (value - least) / (most - least)
    if direction != "named" and (direction == "good") != GOOD_WHEN_HIGH[field]:
        exact = 8 - exact
    return math.ceil(exact - 0.5) if exact > 4 else math.floor(exact + 0.5)


def checked(field: str, value: float) -> float:
    """The value if it can be believed; raises ValueError."""
    least, most = LIMITS[field]
    if not least <= value <= most:
        raise ValueError(f"{value:g} lies outside {least:g} to {most:g}")
    return round(value, 4)
