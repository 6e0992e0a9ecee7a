"""Pretrained parts on pages: sizes, and what a page says while a part it needs is missing."""

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from mlops.access import is_engine_staff
from mlops.parts.selectors import part_state

register = template.Library()


@register.filter
def megabytes(n_bytes: int) -> str:
    """12 MB, 0.7 MB, 25 kB, 1.2 GB."""
    if n_bytes >= 1e9:
        return _("%(n)s GB") % {"n": number_format(round(n_bytes / 1e9, 1), 1)}
    if 0 < n_bytes < 5e4:
        return _("%(n)s kB") % {"n": number_format(max(1, round(n_bytes / 1e3)), 0)}
    digits = 0 if n_bytes >= 1e6 else 1
    return _("%(n)s MB") % {"n": number_format(round(n_bytes / 1e6, digits), digits)}  # number_format cuts off


@register.inclusion_tag("mlops/part_missing.html", takes_context=True)
def part_missing(context: dict[str, Any], name: str) -> dict[str, Any]:
    """One sentence while a part that this page uses is not here, with a button for those who may press it."""
    state = part_state(name)
    request = context["request"]
    if state is None or state.installed is not None:
        return {"state": None}
    may = is_engine_staff(request.user) and state.job is None and state.is_fetchable
    return {"state": state, "may_fetch": may, "csrf_token": context.get("csrf_token")}
