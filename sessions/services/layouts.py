"""Declaring sensor layouts."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import RestrictedError
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import parse_layout, side_by_side
from sessions.models import SensorLayout
from sessions.selectors.layouts import layout_of
from web.said import respoken

MAX_OWN = 50
_UNIT = re.compile(r"[a-z][a-z0-9]{0,7}")


def layout_declare(*, user, title: str, channels: Sequence[Mapping[str, Any]], rate_hz: float) -> SensorLayout:
    """Declare a layout of one's own. Raises ValidationError with a sentence for a person."""
    if SensorLayout.objects.filter(owner=user).count() >= MAX_OWN:
        detail = _("You already have %(n)s layouts. Delete one you do not use.") % {"n": MAX_OWN}
        raise ValidationError(detail, code="quota")
    key = f"{slugify(title)[:40].strip('-_') or 'layout'}-{get_random_string(6, 'abcdefghjkmnpqrstuvwxyz23456789')}"
    if not key[0].isalpha():
        key = f"l-{key}"
    try:
        layout = parse_layout({"name": key, "title": title, "channels": list(channels), "rate_hz": rate_hz})
    except BadValue as error:
        raise ValidationError(_sentence(error), code="bad_layout") from error
    declared = layout.to_dict()
    return SensorLayout.objects.create(
        key=layout.name, title=layout.title, channels=declared["channels"], rate_hz=layout.rate_hz, owner=user
    )


def layout_side_by_side(*, user, base: SensorLayout, units: Sequence[str]) -> SensorLayout:
    """Several equal devices worn at once, for example IMU6 on u2 and u5: one layout of 12 channels.

    Made once and found again. It is shared when its base is shared (only unit names are in it), so that the
    recordings of several people can train one model. Raises ValidationError.
    """
    if base.base_id:
        raise ValidationError(_("Choose the layout of a single device."), code="already_side_by_side")
    if len(set(units)) != len(units) or not all(_UNIT.fullmatch(unit) for unit in units):
        raise ValidationError(
            _("Unit names must be unique: one lower-case letter and up to 7 letters or digits, e.g. u2."),
            code="bad_units",
        )
    try:
        merged = side_by_side(layout_of(base), tuple(units))
    except BadValue as error:
        raise ValidationError(_sentence(error), code="bad_units") from error
    declared = merged.to_dict()
    defaults = {
        "title": merged.title,
        "channels": declared["channels"],
        "rate_hz": merged.rate_hz,
        "base": base,
        "units": list(units),
        "owner": base.owner,
    }
    try:
        with transaction.atomic():
            return SensorLayout.objects.get_or_create(key=merged.name, defaults=defaults)[0]
    except IntegrityError:
        return SensorLayout.objects.get(key=merged.name)


def layout_delete(*, layout: SensorLayout) -> None:
    """Delete a layout that nothing uses; raises ValidationError where recordings still need it."""
    try:
        layout.delete()
    except RestrictedError as error:
        raise ValidationError(_("Recordings or other layouts still use this layout."), code="in_use") from error


def _sentence(error: BadValue) -> str:
    text = respoken(str(error))
    return f"{text[:1].upper()}{text[1:]}."
