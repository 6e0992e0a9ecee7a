"""Foods in a photo: a box around each, what a model says about it, what its owner says."""

import math
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from nutrition.foods.selectors.foods import food_everyday
from nutrition.models import Food, FoodPhoto, PhotoRegion
from nutrition.photos.services.feedback import region_feedback
from nutrition.photos.services.own_foods import example_forget, example_keep
from nutrition.photos.services.recognising import squares_answered
from web.refusals import Problem

MAX_REGIONS = 20
LEAST_SIDE = 0.02
"""Of a box, as a share of the photo."""
MOST_GRAMS = 5000.0
Box = Sequence[float]


def box_checked(box: Any) -> list[float] | None:
    """[left, top, width, height] as shares of the photo, inside it; None: all of it. Raises ValidationError."""
    if box is None:
        return None
    error = ValidationError({"box": ValidationError(_("A box is left, top, width and height from 0 to 1."))})
    if not isinstance(box, list | tuple) or len(box) != 4:
        raise error
    if any(isinstance(one, bool) or not isinstance(one, int | float) or not math.isfinite(one) for one in box):
        raise error
    left, top, width, height = (round(float(one), 5) for one in box)
    is_inside = left >= 0 and top >= 0 and left + width <= 1.00002 and top + height <= 1.00002
    if not is_inside or min(width, height) < LEAST_SIDE:
        raise error
    return [left, top, width, height]


def region_add(*, photo: FoodPhoto, box: Any) -> PhotoRegion:
    """Mark one food and ask what it is. Raises ValidationError, Problem 409 `too_many`."""
    checked = box_checked(box)
    if photo.regions.count() >= MAX_REGIONS:
        raise Problem(409, "too_many", _("A photo can have at most %(n)s foods.") % {"n": MAX_REGIONS})
    [answer] = squares_answered(photo=photo, boxes=[checked])
    return PhotoRegion.objects.create(photo=photo, box=checked, answer=answer)


def region_move(*, region: PhotoRegion, box: Any) -> PhotoRegion:
    """Another box: it is asked about anew. A name that its owner gave stays."""
    region.box = box_checked(box)
    [region.answer] = squares_answered(photo=region.photo, boxes=[region.box])
    region.save(update_fields=["box", "answer"])
    return region


def region_amount(*, region: PhotoRegion, grams: float | None) -> PhotoRegion:
    """How much of it. Raises ValidationError."""
    if grams is not None and not (math.isfinite(grams) and 0 < grams <= MOST_GRAMS):
        text = _("An amount is more than 0 and at most %(n)s g.") % {"n": f"{MOST_GRAMS:g}"}
        raise ValidationError({"grams": ValidationError(text, code="out_of_range")})
    region.grams = grams
    region.save(update_fields=["grams"])
    return region


def region_confirm(*, region: PhotoRegion, label: str, food: Food | None, remember: bool, by: Any) -> PhotoRegion:
    """Say what it is. What a model said is corrected or confirmed by it; with `remember`, what it looks like is kept
    under this name for its owner. Raises ValidationError for an empty name."""
    name = " ".join(label.split())[:120]
    if not name or not name.isprintable():
        raise ValidationError({"label": ValidationError(_("Enter a name."), code="required")})
    region.label, region.food, region.confirmed_at = name, food or food_everyday(name), timezone.now()
    region.save(update_fields=["label", "food", "confirmed_at"])
    region_feedback(region=region, by=by)
    if remember:
        example_keep(region=region)
    else:
        example_forget(region=region)
    return region


def region_remove(*, region: PhotoRegion) -> None:
    """Take a food off the plate, with the example that it was."""
    example_forget(region=region)
    region.delete()
