"""Names of nutrients, and their figures as people read them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from web.numbers import spelled
from web.units import FACTORS, energy_text

NUTRIENT_WORDS = {
    "energy_kcal": gettext_lazy("Energy"),
    "protein_g": gettext_lazy("Protein"),
    "carbohydrate_g": gettext_lazy("Carbohydrate"),
    "fat_g": gettext_lazy("Fat"),
    "fibre_g": gettext_lazy("Fibre"),
    "sugar_g": gettext_lazy("Sugar"),
    "saturated_fat_g": gettext_lazy("Saturated fat"),
    "salt_g": gettext_lazy("Salt"),
    "alcohol_g": gettext_lazy("Alcohol"),
}
REASON_WORDS = {
    "little_training": gettext_lazy("Enough for an adult who trains little."),
    "training": gettext_lazy("Your training of the last seven days is counted."),
    "gain": gettext_lazy("More, because you want to gain muscle."),
    "lose": gettext_lazy("For losing weight slowly: at most half a percent of your weight a week."),
    "no_deficit": gettext_lazy("Nothing is taken off: not under 18 and not in pregnancy."),
    "age_unknown": gettext_lazy("Nothing is taken off until you give your year of birth under Goal."),
    "floor": gettext_lazy("Raised to the least your body needs."),
    "older": gettext_lazy("From 65 on, more protein keeps muscle."),
    "pregnant": gettext_lazy("More in pregnancy. Ask your doctor what is right for you."),
    "own": gettext_lazy("As you set it."),
}


def figure_text(nutrient: str, value: float) -> str:
    """A quantity of a nutrient with its unit: "31 g", "1.2 g", energy in the reader's unit."""
    if nutrient == "energy_kcal":
        return energy_text(value * FACTORS["kcal"])
    digits = 0 if value >= 10 else 1
    return _("%(n)s g") % {"n": spelled(round(value, digits), f".{digits}f")}
