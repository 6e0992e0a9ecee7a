"""Height and weight of an athlete, asked in the units in which they read and given on in SI."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete
from accounts.services.athletes import athlete_body_set
from web.units import current, feet_and_inches, from_stored, rounded, to_stored

DIGITS = 4
"""Of what is stored: a tenth of a millimetre or a gram, so that 5 ft 11 in and 175 lb come back as they went in."""


class BodyForm(forms.Form):
    """One field for kg, lb or cm; two for feet and inches. What nobody changed keeps its stored value exactly."""

    def __init__(self, athlete: Athlete, data: Any = None) -> None:
        self.athlete = athlete
        self.units = current()
        initial: dict[str, Any] = {}
        if athlete.height_m is not None:
            if self.units.length == "ft":
                initial["height_ft"], initial["height_in"] = feet_and_inches(athlete.height_m, 1)
            else:
                initial["height_cm"] = rounded(from_stored(athlete.height_m, "cm"), 1)
        if athlete.mass_kg is not None:
            initial["mass"] = rounded(from_stored(athlete.mass_kg, self.units.mass), 1)
        super().__init__(data, initial=initial)
        if self.units.length == "ft":
            self.fields["height_ft"] = _number(_("Height, feet (ft)"))
            self.fields["height_in"] = _number(_("Height, inches (in)"))
        else:
            self.fields["height_cm"] = _number(_("Height (cm)"))
        self.fields["mass"] = _number(_("Weight (lb)") if self.units.mass == "lb" else _("Weight (kg)"))

    def clean(self) -> dict[str, Any]:
        """Adds height_m and mass_kg."""
        data = super().clean() or {}
        if self.errors:
            return data
        changed = set(self.changed_data)
        height, mass = self.athlete.height_m, self.athlete.mass_kg
        if changed & {"height_cm", "height_ft", "height_in"}:
            height = self._height(data)
        if "mass" in changed:
            mass = None if data["mass"] is None else round(to_stored(data["mass"], self.units.mass), DIGITS)
        return {**data, "height_m": height, "mass_kg": mass}

    def save(self) -> bool:
        """Keep it; False, with the reason beside the field, where a value is out of range. Call on a valid form."""
        values = {name: self.cleaned_data[name] for name in ("height_m", "mass_kg")}
        try:
            athlete_body_set(athlete=self.athlete, **values)
        except ValidationError as error:
            fields = {"height_m": "height_ft" if self.units.length == "ft" else "height_cm", "mass_kg": "mass"}
            for name, errors in error.error_dict.items():
                self.add_error(fields[name], errors)
            return False
        return True

    def _height(self, data: dict[str, Any]) -> float | None:
        if self.units.length == "cm":
            return None if data["height_cm"] is None else round(to_stored(data["height_cm"], "cm"), DIGITS)
        feet, inches = data["height_ft"], data["height_in"]
        if feet is None and inches is None:
            return None
        if inches is not None and not 0 <= inches < 12 and feet:
            self.add_error("height_in", ValidationError(_("Inches go from 0 to 12. Add the rest as feet.")))
        return round(to_stored(feet or 0, "ft") + to_stored(inches or 0, "in"), DIGITS)


def _number(label: Any) -> forms.FloatField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 8})
    return forms.FloatField(label=label, required=False, localize=True, widget=widget)
