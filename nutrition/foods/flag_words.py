"""What the flags of a food say."""

from django.utils.translation import gettext_lazy as _

from mlops.ml.nutrition.foods.checks import (
    ENERGY_DIFFERS,
    ENERGY_IN_KJ,
    IMPOSSIBLE,
    PER_SERVING,
    TINY_SERVING,
    TOO_MUCH,
)

FLAG_WORDS = {
    ENERGY_IN_KJ: _("The energy looks like kilojoules entered as kilocalories."),
    ENERGY_DIFFERS: _("The energy does not fit protein, carbohydrate and fat."),
    TOO_MUCH: _("The nutrients add up to more than 100 g."),
    IMPOSSIBLE: _("A figure that cannot be true was left out."),
    TINY_SERVING: _("The figures are of a serving below 1 g, so they were left out."),
    PER_SERVING: _("The figures are of one serving of unknown weight, so they were left out."),
}
