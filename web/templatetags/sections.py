"""The bar with the sibling pages of a section."""

from typing import Any

from django import template
from django.urls import reverse

from web.registries import nav

register = template.Library()


@register.inclusion_tag("web/includes/local_nav.html", takes_context=True)
def local_nav(context: template.Context, section: str, label: str) -> dict[str, Any]:
    """Pages of a section that the person may open, with the one that is open, or the one it belongs to, marked.

    label: the name of the bar for who listens.
    """
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return {"entries": [], "label": label}
    match = request.resolver_match
    view = match.view_name if match else ""
    entries = [(entry, reverse(entry.view)) for entry in nav.section_for(section, user.role)]
    own = next((entry for entry, _ in entries if view == entry.view or view in entry.also), None)
    if own is None:
        below = [(len(url), entry) for entry, url in entries if request.path.startswith(url)]
        own = max(below, key=lambda found: found[0], default=(0, None))[1]
    return {
        "label": label,
        "entries": [{"label": entry.label, "url": url, "current": _mark(entry, own, view)} for entry, url in entries],
    }


def _mark(entry: nav.LocalEntry, own: nav.LocalEntry | None, view: str) -> str:
    """The value of aria-current: this very page, the one it belongs to, or neither."""
    if entry is not own:
        return ""
    return "page" if view == entry.view else "true"
