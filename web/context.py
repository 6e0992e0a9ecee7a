"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from web import units
from web.registries import nav


def site(request: HttpRequest) -> dict[str, Any]:
    """site_name, site_version, demo_mode, the reader's units and the navigation of the signed-in person's role."""
    user = getattr(request, "user", None)
    role = getattr(user, "role", "") if user is not None and user.is_authenticated else ""
    entries = nav.entries_for(role)
    own = _own(entries, role, request)
    return {
        "site_name": "FitBalance",
        "site_version": settings.VERSION,
        "demo_mode": settings.DEMO_MODE,
        "units": units.current(),
        "nav": [
            {"label": entry.label, "url": reverse(entry.view), "icon": entry.icon, "active": entry is own}
            for entry in entries
        ],
    }


def _own(entries: list[nav.NavEntry], role: str, request: HttpRequest) -> nav.NavEntry | None:
    """The entry that a page belongs to: the one that names it, or else the one whose address, or a page of whose
    section, is its longest beginning."""
    match = request.resolver_match
    named = next((entry for entry in entries if match and match.view_name in entry.also), None)
    if named is not None:
        return named
    places = [(reverse(view), entry) for entry in entries for view in _views(entry, role)]
    below = [one for one in places if request.path.startswith(one[0])]
    return max(below, key=lambda one: len(one[0]), default=("", None))[1]


def _views(entry: nav.NavEntry, role: str) -> list[str]:
    return [entry.view, *(one.view for one in nav.section_for(entry.section, role))]
