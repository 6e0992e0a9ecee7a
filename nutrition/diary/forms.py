"""Forms of the diary; quantities are asked in the reader's units and given on in SI."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nutrition.models import Goal, MealSlot, NutritionSettings, Sex
from web.units import FACTORS, current, from_stored, rounded, to_stored


class ItemForm(forms.Form):
    """A food for a slot of a day."""

    food = forms.IntegerField(min_value=1)
    amount = forms.FloatField(min_value=0, max_value=100_000)
    unit = forms.CharField(max_length=80)
    slot = forms.ChoiceField(choices=MealSlot.choices)
    day = forms.DateField()


class AmountForm(forms.Form):
    """Another amount of what was logged."""

    amount = forms.FloatField(min_value=0, max_value=100_000)
    unit = forms.CharField(max_length=80)


class RecipeForm(forms.Form):
    """A meal as a recipe."""

    name = forms.CharField(max_length=200)
    servings = forms.FloatField(min_value=0.1, max_value=100)
    cooked_g = forms.FloatField(required=False, min_value=1, max_value=50_000)


class WeightForm(forms.Form):
    """Body mass of a day."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label = _("Weight (lb)") if current().mass == "lb" else _("Weight (kg)")
        widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
        self.fields["mass"] = forms.FloatField(label=label, min_value=0, widget=widget)

    def mass_kg(self) -> float:
        """Of a valid form."""
        return round(to_stored(self.cleaned_data["mass"], current().mass), 4)


class SettingsForm(forms.Form):
    """Goal, and what the rules may know."""

    goal = forms.ChoiceField(label=_("Goal"), choices=Goal.choices, widget=forms.RadioSelect)
    sex = forms.ChoiceField(
        label=_("Sex"), choices=[("", _("Not given")), *Sex.choices], required=False,
        help_text=_("Only for the formula of resting energy."),
    )  # fmt: skip
    birth_year = forms.IntegerField(
        label=_("Year of birth"), required=False, min_value=1900, max_value=2100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    is_pregnant = forms.BooleanField(label=_("I am pregnant"), required=False)
    hide_energy = forms.BooleanField(
        label=_("Hide calories"), required=False, help_text=_("No page shows a figure of energy.")
    )
    protein_g = forms.FloatField(
        label=_("Own protein target (g a day)"), required=False, min_value=10, max_value=500,
        help_text=_("Leave empty to use the rule."), widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip

    def __init__(self, data: Any, row: NutritionSettings) -> None:
        self.unit = current().energy
        names = ("goal", "sex", "birth_year", "is_pregnant", "hide_energy", "protein_g")
        initial = {name: getattr(row, name) for name in names}
        if row.energy_kcal is not None:
            initial["energy"] = rounded(from_stored(row.energy_kcal * FACTORS["kcal"], self.unit))
        super().__init__(data, initial=initial)
        label = _("Own energy target (kJ a day)") if self.unit == "kJ" else _("Own energy target (kcal a day)")
        self.fields["energy"] = forms.FloatField(
            label=label, required=False, min_value=0, help_text=_("Leave empty to use the rule."),
            widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
        )  # fmt: skip

    def choices(self) -> dict[str, Any]:
        """For `settings_save`, of a valid form."""
        data = dict(self.cleaned_data)
        energy = data.pop("energy")
        kcal = None if energy is None else to_stored(energy, self.unit) / FACTORS["kcal"]
        return {**data, "energy_kcal": kcal}
