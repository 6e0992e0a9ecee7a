"""A text as it is read aloud in English: "3 x 12 @ 80 kg" is "three sets of twelve at eighty kilograms".

Rules go from the special to the general: addresses, paces and times, dates, sets, ranges, amounts with units, money,
abbreviations, what is left of numbers, symbols. A rule never looks further than one expression, so reading takes time
in proportion to the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from mlops.ml.speech.number_words import cardinal, digits, number, ordinal, year
from mlops.ml.speech.spoken_units import ABBREVIATIONS, MONEY, MONTHS, PER, SPELLED, SYMBOLS, UNITS

_NUM = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_START = r"(?<![\w.,:])"
_DAY = r"[1-9]|[12]\d|3[01]"
_ANY_UNIT = "|".join(re.escape(one) for one in sorted(UNITS, key=len, reverse=True))
_ANY_PER = "|".join(re.escape(one) for one in sorted(PER, key=len, reverse=True))
_ANY_MONTH = "|".join([*MONTHS.values(), *MONTHS])
_ABBREVIATED = "|".join(re.escape(one) for one in sorted(ABBREVIATIONS, key=len, reverse=True))
_FRACTIONS = {2: ("half", "halves"), 3: ("third", "thirds"), 4: ("quarter", "quarters")}
_NO_PAUSE = re.compile(r"\s+([,.;:!?])")


def spoken(text: str) -> str:
    """`text` in words and punctuation; letters of other languages stay.

    >>> spoken("RPE 8, rest 1:30 min")
    'R P E eight, rest one minute thirty seconds'
    """
    for pattern, by in _CLEANED:
        text = pattern.sub(by, text)
    text = unicodedata.normalize("NFC", text.translate(_PLAIN))
    for pattern, read in _RULES:
        text = pattern.sub(read, text)
    kept = "".join(one if one.isalpha() or one in _SAID or unicodedata.combining(one) else " " for one in text)
    return _NO_PAUSE.sub(r"\1", " ".join(kept.split()))


_SAID = frozenset("'’-,.;:!?…—()\"")
_PLAIN = str.maketrans(
    {"\u00a0": " ", "\u2009": " ", "\u202f": " ", "’": "'", "‘": "'", "“": '"', "”": '"', "×": "x", "−": "-", "–": "-"}
    | {"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3", "²": " squared", "³": " cubed"}
)
_CLEANED = (
    (re.compile(r"https?://\S+|www\.\S+"), "a link"),
    (re.compile(r"[`*_#|]{2,}|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)"), " "),
)


def _amount(value: str, unit: str) -> str:
    one, many = UNITS[unit]
    return f"{number(value)} {one if value == '1' else many}"


def _time_of_day(found: re.Match[str]) -> str:
    hour, minute, half = int(found[1]), int(found[2]), found[3]
    if hour > 24 or minute > 59:
        return f"{number(found[1])} to {number(found[2])}"
    said = cardinal(hour)
    if minute:
        said += f" oh {cardinal(minute)}" if minute < 10 else f" {cardinal(minute)}"
    elif not half:
        said += " o'clock" if hour <= 12 else " hundred"
    return said + (f" {half[0].upper()} M" if half else "")


def _minutes(minute: str, second: str) -> str:
    minutes = _amount(str(int(minute)), "min")
    return minutes if int(second) == 0 else f"{minutes} {_amount(str(int(second)), 's')}"


def _pace(found: re.Match[str]) -> str:
    return _minutes(found[1], found[2]) + (f" per {PER[found[3]]}" if found[3] else "")


def _long_time(found: re.Match[str]) -> str:
    hours = _amount(str(int(found[1])), "h")
    return f"{hours} {_minutes(found[2], found[3])}"


def _date(day: str, month: str, in_year: str | None) -> str:
    name = MONTHS.get(month[:3], month)
    return f"the {ordinal(int(day))} of {name}" + (f" {year(int(in_year))}" if in_year else "")


def _iso_date(found: re.Match[str]) -> str:
    month, day = int(found[2]), int(found[3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return digits(found[0].replace("-", ""))
    return _date(found[3], list(MONTHS)[month - 1], found[1])


def _set(found: re.Match[str]) -> str:
    sets, each, unit = found[1], found[2], found[3]
    if unit:
        return f"{number(sets)} times {_amount(each, unit)}"
    return f"{number(sets)} {'set' if sets == '1' else 'sets'} of {number(each)}"


def _fraction(found: re.Match[str]) -> str:
    above, below = int(found[2]), int(found[3])
    before = f"{number(found[1])} and " if found[1] else ""
    if below in _FRACTIONS and 0 < above < below:
        words = _FRACTIONS[below][above > 1]
        unit = f" {UNITS[found[4]][1]}" if found[4] else ""
        return f" {before}{'a' if before and above == 1 else cardinal(above)} {words}{unit}"
    return f" {before}{number(found[2])} over {number(found[3])}"


def _money(found: re.Match[str]) -> str:
    (one, many), (_, small) = MONEY[found[1].upper()]
    whole, _, part = found[2].partition(".")
    said = f"{number(whole)} {one if whole == '1' else many}"
    return f"{said} and {cardinal(int(part))} {small}" if len(part) == 2 and int(part) else said


def _plain_number(found: re.Match[str]) -> str:
    text = found[0]
    return year(int(text)) if len(text) == 4 and "1900" <= text <= "2099" else number(text)


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(rf"(?<![\w.])(?:{_ABBREVIATED})(?!\w)"), lambda found: ABBREVIATIONS[found[0]]),
    (re.compile(r"\b(\d{1,3}) ?RM\b"), lambda found: "one rep max" if found[1] == "1" else f"{found[1]} rep max"),
    (re.compile(rf"\b(?:{'|'.join(SPELLED)})(s?)\b"), lambda found: " ".join(found[0].removesuffix("s"))),
    (re.compile(rf"{_START}(\d{{1,2}}):([0-5]\d):([0-5]\d)(?![\w:])"), _long_time),
    (re.compile(rf"{_START}(\d{{1,3}}):([0-5]\d) ?(?:min)? ?(?:/|per) ?({_ANY_PER})\b"), _pace),
    (re.compile(rf"{_START}(\d{{1,3}}):([0-5]\d) ?(?:min|minutes)()\b"), _pace),
    (re.compile(rf"{_START}(\d{{1,2}}):(\d\d)(?: ?([AaPp])\.?[Mm]\b\.?)?(?![\w:])"), _time_of_day),
    (re.compile(rf"{_START}(\d{{1,2}}) ?([AaPp])\.?[Mm]\b"), lambda found: f"{number(found[1])} {found[2].upper()} M"),
    (re.compile(rf"{_START}(\d{{4}})-(\d\d)-(\d\d)(?![\w-])"), _iso_date),
    (
        re.compile(rf"{_START}(?:the )?({_DAY})(?:st|nd|rd|th)? (?:of )?({_ANY_MONTH})\b\.?(?: (\d{{4}})\b)?"),
        lambda found: _date(found[1], found[2], found[3]),
    ),
    (re.compile(rf"{_START}(\d{{1,2}}) ?[xX] ?(\d{{1,4}})(?: ?({_ANY_UNIT})(?!\w))?(?![\w.,]*\d)"), _set),
    (re.compile(r"(?<=\d) ?[xX] ?/ ?(?=[a-z])"), " times a "),
    (re.compile(r"(?<![^\W\d])[xX] ?(?=\d)"), " times "),
    (re.compile(rf"({_NUM}) ?(?:-|to) ?(?={_NUM})"), r"\1 to "),
    (re.compile(rf"(?<![\w.])-(?=(?:{_NUM})\b)"), "minus "),
    (re.compile(r"(?<=\d) ?° ?([CF])\b"), r" °\1"),
    (re.compile(rf"(?:({_NUM}) )?(?<![\w.])(\d{{1,2}})/(\d{{1,2}})(?![\w/])(?: ?({_ANY_UNIT})(?!\w))?"), _fraction),
    (
        re.compile(rf"(?i)({'|'.join(re.escape(one) for one in MONEY)}) ?({_NUM})"),
        _money,
    ),
    (
        re.compile(rf"{_START}({_NUM}) ?({_ANY_UNIT})(?!\w)(?: ?(?:/|per) ?({_ANY_PER})\b)?"),
        lambda found: _amount(found[1], found[2]) + (f" per {PER[found[3]]}" if found[3] else ""),
    ),
    (re.compile(r"\b(\d{1,12})(?:st|nd|rd|th)\b"), lambda found: ordinal(int(found[1]))),
    (re.compile(_NUM), _plain_number),
    (re.compile("|".join(re.escape(one) for one in SYMBOLS)), lambda found: f" {SYMBOLS[found[0]]} "),
    (re.compile(r"(?<=[^\W\d])/(?=[^\W\d])"), " or "),
)
