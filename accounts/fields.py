"""Form fields about people."""

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


@cache
def time_zone_choices() -> tuple[tuple[Any, list[tuple[str, str]]], ...]:
    """IANA names by region: (("Africa", [("Africa/Accra", "Accra"), …]), …)."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        region, _slash, place = name.partition("/")
        if place and region not in {"Etc", "posix", "right", "SystemV", "US"}:
            regions.setdefault(region, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return ((_("Universal"), [("UTC", "UTC")]), *regions.items())


class TimeZoneField(forms.ChoiceField):
    """A list of IANA zones; static/accounts/time_zone.js picks the browser's own where none is chosen."""

    def __init__(self, *, guess: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Time zone"))
        kwargs.setdefault("initial", "UTC")
        super().__init__(choices=time_zone_choices, **kwargs)
        if guess:
            self.widget.attrs["data-guess-time-zone"] = ""
