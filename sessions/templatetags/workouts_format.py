"""Times, shares and states as people read them."""

from django import template

from sessions.forms import SPORTS
from web.numbers import spelled

register = template.Library()


@register.filter
def duration(seconds: float | None) -> str:
    """75.3 → 1:15; 3723 → 1:02:03."""
    if seconds is None:
        return "–"
    total = round(seconds)
    hours, rest = divmod(total, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def clock(seconds: float | None) -> str:
    """75.34 → 1:15.34, as the chart writes it."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds, 2), 60)
    return f"{int(minutes)}:{spelled(rest, '05.2f')}"


@register.filter
def hertz(rate: float | None) -> str:
    """50.0 → 50 Hz; 24.5123 → 24.5 Hz."""
    return f"{spelled(rate, '.3g')} Hz" if rate else "–"


@register.filter
def megabytes(count: int) -> str:
    """Bytes as file managers show them."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{spelled(count / size, '.1f')} {unit}"
    return f"{count} B"


@register.filter
def factor(number: float) -> str:
    """A factor between units with six digits that count: 9.80665, 0.0174533."""
    return spelled(number, ".6g")


@register.filter
def sport(name: str) -> str:
    """A sport in the reader's words; one that is not in the list as it was given."""
    return str(dict(SPORTS).get(name) or name.capitalize())


@register.filter
def series(position: int) -> int:
    """Position in a list → colour 1 to 8."""
    return position % 8 + 1


@register.filter
def unlocalised(number: float) -> str:
    """A number for an SVG attribute, with a point in every language."""
    return f"{float(number):g}"


@register.filter
def of(mapping, key):
    """mapping[key], or None."""
    return mapping.get(key) if mapping else None
