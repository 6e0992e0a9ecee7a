"""Foods that one person wants recognised: a few photos under a name, compared at once and for them alone."""

import logging

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from nutrition.models import OwnFood, OwnFoodExample, PhotoRegion
from nutrition.photos.selectors.photos import photo_pixels
from nutrition.photos.services.features import FeaturesAway, features_made_by, squares_features, squares_of

logger = logging.getLogger(__name__)

MAX_EXAMPLES = 50
"""Of one food: the oldest go."""


def example_keep(*, region: PhotoRegion) -> OwnFoodExample | None:
    """Keep what a confirmed region looks like under its name; None while no features can be made."""
    photo = region.photo
    try:
        [features] = squares_features(squares_of(photo_pixels(photo), [region.box]))
    except FeaturesAway as error:
        logger.info("no example of an own food is kept: %s", error)
        return None
    with transaction.atomic():
        own, is_new = OwnFood.objects.get_or_create(
            athlete=photo.athlete, name=region.label, defaults={"food": region.food}
        )
        if not is_new and region.food is not None and own.food_id != region.food_id:
            own.food = region.food
            own.save(update_fields=["food"])
        kept, _is_new = OwnFoodExample.objects.update_or_create(
            region=region,
            defaults={
                "own_food": own, "features": np.asarray(features, "<f4").tobytes(), "made_by": features_made_by(),
            },
        )  # fmt: skip
        old = own.examples.order_by("-created_at", "-pk").values_list("pk", flat=True)[MAX_EXAMPLES:]
        OwnFoodExample.objects.filter(pk__in=list(old)).delete()
        _without_examples_remove(photo.athlete_id)
    return kept


def example_forget(*, region: PhotoRegion) -> None:
    """Forget what a region looks like."""
    if OwnFoodExample.objects.filter(region=region).delete()[0]:
        _without_examples_remove(region.photo.athlete_id)


def own_food_rename(*, own_food: OwnFood, name: str) -> OwnFood:
    """Another name; where there is a food of that name already, both become one. Raises ValidationError."""
    wanted = " ".join(name.split())[:120]
    if not wanted or not wanted.isprintable():
        raise ValidationError({"name": ValidationError(_("Enter a name."), code="required")})
    with transaction.atomic():
        PhotoRegion.objects.filter(example__own_food=own_food).update(label=wanted)
        other = OwnFood.objects.filter(athlete=own_food.athlete_id, name=wanted).exclude(pk=own_food.pk).first()
        if other is not None:
            own_food.examples.update(own_food=other)
            own_food.delete()
            return other
        own_food.name = wanted
        own_food.save(update_fields=["name"])
    return own_food


def own_food_forget(*, own_food: OwnFood) -> None:
    """Forget a food with all its examples; photos and meals stay."""
    own_food.delete()


def _without_examples_remove(athlete_id: int) -> None:
    OwnFood.objects.filter(athlete=athlete_id, examples__isnull=True).delete()
