"""A food of one's own."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nutrition.models import NUTRIENTS, Food
from nutrition.words import NUTRIENT_WORDS
from web.units import FACTORS, current, from_stored, rounded, to_stored


class FoodForm(forms.Form):
    """Name, figures per 100 g, one portion. An empty figure is unknown, never zero."""

    name = forms.CharField(label=_("Name"), max_length=200)
    brand = forms.CharField(label=_("Brand"), max_length=120, required=False)
    portion = forms.CharField(label=_("Portion"), max_length=80, required=False, help_text=_("For example: 1 slice."))
    portion_g = forms.FloatField(label=_("Weight of the portion (g)"), required=False, min_value=0.1, max_value=5000)
    density_g_ml = forms.FloatField(
        label=_("Weight of a millilitre (g)"), required=False, min_value=0.05, max_value=5,
        help_text=_("Only for liquids; without it, millilitres cannot be used."),
    )  # fmt: skip

    def __init__(self, data: Any = None, food: Food | None = None) -> None:
        self.unit = current().energy
        initial = {} if food is None else self._initial(food)
        super().__init__(data, initial=initial)
        for name in NUTRIENTS:
            unit = self.unit if name == "energy_kcal" else "g"
            self.fields[name] = forms.FloatField(
                label=f"{NUTRIENT_WORDS[name]} ({unit})", required=False, min_value=0,
                widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            )  # fmt: skip

    @property
    def figures(self) -> list[Any]:
        """The fields of figures per 100 g."""
        return [self[name] for name in NUTRIENTS]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("portion")) != bool(data.get("portion_g")) and not self.errors:
            self.add_error("portion_g", _("A portion needs a name and a weight."))
        return data

    def values(self) -> dict[str, Any]:
        """For `own_food_save`, of a valid form."""
        data = dict(self.cleaned_data)
        portion, grams = data.pop("portion"), data.pop("portion_g")
        if data["energy_kcal"] is not None:
            data["energy_kcal"] = to_stored(data["energy_kcal"], self.unit) / FACTORS["kcal"]
        return {**data, "portions": {portion: grams} if portion and grams else {}}

    def _initial(self, food: Food) -> dict[str, Any]:
        portion = food.portions.first()
        found = {name: getattr(food, name) for name in (*NUTRIENTS, "name", "brand", "density_g_ml")}
        if found["energy_kcal"] is not None:
            found["energy_kcal"] = rounded(from_stored(found["energy_kcal"] * FACTORS["kcal"], self.unit), 1)
        if portion is not None:
            found |= {"portion": portion.name, "portion_g": portion.grams}
        return found
