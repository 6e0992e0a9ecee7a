"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from web.registries import nav


def site(request: HttpRequest) -> dict[str, Any]:
    """site_name, site_version, demo_mode and the navigation of the signed-in person's role."""
    user = getattr(request, "user", None)
    role = getattr(user, "role", "") if user is not None and user.is_authenticated else ""
    entries: list[dict[str, Any]] = [
        {"label": entry.label, "url": reverse(entry.view), "icon": entry.icon} for entry in nav.entries_for(role)
    ]
    current = max((e["url"] for e in entries if request.path.startswith(e["url"])), key=len, default=None)
    for entry in entries:
        entry["active"] = entry["url"] == current
    return {
        "site_name": "FitBalance",
        "site_version": settings.VERSION,
        "demo_mode": settings.DEMO_MODE,
        "nav": entries,
    }
