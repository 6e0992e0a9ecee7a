"""Stored quantities in the reader's units: `{{ athlete.mass_kg|mass }}`; nothing for None."""

from collections.abc import Callable

from django import template

from web import units

register = template.Library()


def _filter(text: Callable[[float], str]) -> Callable[[float | None], str]:
    return lambda value: "" if value is None else text(float(value))


register.filter("mass", _filter(units.mass_text))
register.filter("distance", _filter(units.distance_text))
register.filter("length_in_units", _filter(units.length_text))
register.filter("energy", _filter(units.energy_text))
