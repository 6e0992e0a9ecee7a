"""How a program asks for a risk: rows of features, or a day whose features are looked up."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError
from django.http import Http404

from accounts.models import Athlete
from burnout.selectors.board import athlete_sharing_recovery
from burnout.selectors.features import features_on, place_of, row_for, source_of
from burnout.services.checkins import day_check, own_today
from mlops.kinds.questions import Inputs, Question
from mlops.ml.survival.checkins.features import FEATURES
from web.refusals import NOT_FOUND

MAX_ROWS = 1000
LIMITS = {feature.name: (feature.least, feature.most) for feature in FEATURES}
ANY = (-1e6, 1e6)
"""What a feature that is none of ours, of a model made elsewhere, may be."""
KNOWN = frozenset({"day", "athlete", "why", "top_k"})


def rows_read(payload: Any, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Rows as {feature: number or null}, or a list of them, as (n, features). Raises ValidationError."""
    rows = payload if isinstance(payload, list) else [payload]
    if not 1 <= len(rows) <= MAX_ROWS or not all(isinstance(row, dict) for row in rows):
        raise ValidationError(f"Send 1 to {MAX_ROWS} rows of feature values.", code="bad_shape")
    table = np.full((len(rows), len(names)), np.nan)
    for i, row in enumerate(rows):
        unknown = set(row) - set(names)
        if unknown:
            raise ValidationError(f"{min(map(str, unknown))[:40]} is not a feature.", code="unknown_field")
        for j, name in enumerate(names):
            value = row.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
                raise ValidationError(f"{name} must be a number.", code="bad_value")
            least, most = LIMITS.get(name, ANY)
            if not least <= value <= most:
                raise ValidationError(f"{name} must be between {least:g} and {most:g}.", code="bad_value")
            table[i, j] = value
    return table


def day_question(given: Mapping[str, Any], user: Any) -> Question:
    """{"day": "2026-11-02"} of one's own (today without a day), or of an {"athlete": id} who shares recovery.

    Raises ValidationError, Http404.
    """
    unknown = set(given) - KNOWN
    if unknown:
        raise ValidationError(f"{min(map(str, unknown))[:40]} can't be combined with a day.", code="unknown_field")
    athlete = _athlete(given.get("athlete"), user)
    try:
        day = date.fromisoformat(given["day"]) if "day" in given else own_today(athlete)
    except (TypeError, ValueError):
        raise ValidationError({"day": ValidationError("Write the day as 2026-11-02.", code="bad_value")}) from None
    day_check(athlete=athlete, day=day)
    x = features_on(athlete=athlete, day=day)
    if x is None:
        early = ValidationError("There are predictions from the 14th day of check-ins on.", code="too_early")
        raise ValidationError({"day": early})
    return Question(
        lambda manifest: Inputs(row_for(x, manifest["features"]), [place_of(day)]),
        athlete_id=athlete.pk, who=athlete.pseudonym, source=source_of(athlete.pseudonym),
    )  # fmt: skip


def _athlete(given: Any, user: Any) -> Athlete:
    if given is None:
        own = Athlete.objects.filter(user=user).select_related("user").first()
        if own is None:
            raise Http404(NOT_FOUND)
        return own
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given < 2**63:
        raise ValidationError({"athlete": ValidationError("Send the id of an athlete.", code="bad_value")})
    return athlete_sharing_recovery(user=user, pk=given)
