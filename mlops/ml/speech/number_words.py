"""Numbers as English words, the British way: 1,250 is "one thousand two hundred and fifty"."""

from __future__ import annotations

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_GROUPS = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
MAX_DIGITS = 12
"""Longer numbers are telephone numbers and the like: they are read digit by digit."""


def cardinal(number: int) -> str:
    """Words of a whole number from 0 to 10¹² − 1.

    >>> cardinal(1205)
    'one thousand two hundred and five'
    """
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {cardinal(rest)}" if rest else "")
    size, name = next(one for one in _GROUPS if number >= one[0])
    many, rest = divmod(number, size)
    link = " and " if 0 < rest < 100 else " "
    return f"{cardinal(many)} {name}" + (f"{link}{cardinal(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """>>> ordinal(22)
    'twenty-second'
    """
    words = cardinal(number)
    at = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[at:]
    if last in _ORDINALS:
        return words[:at] + _ORDINALS[last]
    return words[:at] + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def digits(text: str) -> str:
    """>>> digits("080")
    'zero eight zero'
    """
    return " ".join(_ONES[int(one)] for one in text)


def number(text: str) -> str:
    """Words of a number as it is written: "12", "1,250", "12.5", "007".

    >>> number("12.50")
    'twelve point five zero'
    """
    whole, _, fraction = text.replace(",", "").partition(".")
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole[0] == "0"):
        words = digits(whole)
    else:
        words = cardinal(int(whole or 0))
    return f"{words} point {digits(fraction)}" if fraction else words


def year(number: int) -> str:
    """>>> year(2026), year(1905), year(2000), year(2007)
    ('twenty twenty-six', 'nineteen oh five', 'two thousand', 'two thousand and seven')
    """
    high, low = divmod(number, 100)
    if number % 1000 < 10:
        return cardinal(number)
    if low == 0:
        return f"{cardinal(high)} hundred"
    return f"{cardinal(high)} {'oh ' + _ONES[low] if low < 10 else cardinal(low)}"
