"""Pieces of the look that templates ask for by name."""

from typing import Any

from django import template

from web.numbers import respelled, spelled_share

register = template.Library()

SERIES_COLOURS = 8
"""As many as there are --fb-series-n tokens."""
_SEED = 212
"""Keeps the default exercises, and the default phases, apart."""


@register.filter
def figure(value: Any) -> Any:
    """A number in the reader's marks: a float, or one that was stored as English text. All else stays as it is."""
    return respelled(value)


@register.filter
def share(value: float | None) -> str:
    """A share from 0 to 1 in per cent, "97 %"; a dash where it is not known."""
    return "–" if value is None else spelled_share(value)


@register.filter
def exercise_colour(name: str) -> str:
    """The class that colours an exercise (or any label), from its name alone: "series-1" to "series-8".

    The same everywhere, whatever else stands on the page; static/web/chart-theme.js does the same sum. With more
    names than colours some share one, so the name always stands beside it.
    """
    total = _SEED
    for letter in str(name):
        total = (total * 33 + ord(letter)) & 0xFFFFFFFF
    return f"series-{((total >> 16) ^ total) % SERIES_COLOURS + 1}"
