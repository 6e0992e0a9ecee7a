"""Forms of check-ins, outcomes and imports."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from burnout.models import ANSWERS, JudgedBy, Outcome, OutcomeKind

RATINGS = {
    "sleep_quality": (_("Sleep quality"), _("very poor"), _("very good")),
    "mood": (_("Mood"), _("very low"), _("very good")),
    "stress": (_("Stress"), _("none"), _("extreme")),
    "fatigue": (_("Fatigue"), _("fresh"), _("exhausted")),
    "soreness": (_("Muscle soreness"), _("none"), _("extreme")),
}
MEASURED = ("resting_hr", "hrv_rmssd", "hrv_sdnn", "is_injured", "note")
NO_ANSWER = ("", "–")


def _rating(title: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=title, required=False, coerce=int, empty_value=None,
        choices=[NO_ANSWER, *((n, str(n)) for n in range(1, 8))], widget=forms.RadioSelect,
    )


def _number(title: str, least: float, most: float, step: str = "any", help_text: str = "") -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": step, "inputmode": "decimal", "min": least, "max": most})
    return forms.FloatField(
        label=title, required=False, min_value=least, max_value=most, widget=widget, help_text=help_text
    )


class CheckInForm(forms.Form):
    """One day in twenty seconds: five taps and a few numbers. An empty field is no answer."""

    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    sleep_hours = _number(_("Hours slept"), 0, 24, "0.25")
    minutes = _number(_("Minutes trained"), 0, 1440, "1", _("0 for a rest day. Leave empty if you don't know."))
    rpe = _number(_("How hard was it? (0–10)"), 0, 10, "0.5", _("Session RPE: 0 rest, 3 moderate, 5 hard, 10 maximal."))
    resting_hr = _number(_("Resting heart rate"), 25, 150, "1", _("Beats per minute, after waking up."))
    hrv_rmssd = _number(_("HRV, RMSSD"), 1, 400, "0.1", _("In milliseconds, as most straps and watches report it."))
    hrv_sdnn = _number(_("HRV, SDNN"), 1, 400, "0.1", _("In milliseconds, as Apple Health reports it."))
    is_injured = forms.NullBooleanField(
        label=_("Injured or in pain?"), required=False,
        widget=forms.NullBooleanSelect(),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ratings = {name: _rating(words[0]) for name, words in RATINGS.items()}
        first = {name: self.fields[name] for name in ("day", "sleep_hours")}
        rest = {name: field for name, field in self.fields.items() if name not in first}
        self.fields = {**first, **ratings, **rest}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("minutes") == 0 and data.get("rpe") is None:
            data["rpe"] = 0.0
        return data

    def lacks_effort(self) -> bool:
        """Trained, but not how hard: kept as it is, and the day's load stays unknown."""
        return bool(self.cleaned_data.get("minutes")) and self.cleaned_data.get("rpe") is None

    def ratings(self) -> list[tuple[forms.BoundField, str, str]]:
        """(field, what 1 means, what 7 means) of each rating."""
        return [(self[name], low, high) for name, (_, low, high) in RATINGS.items()]

    def measured(self) -> list[forms.BoundField]:
        """What not everybody measures every day."""
        return [self[name] for name in MEASURED]

    def has_measured(self) -> bool:
        """Open the fold when something in it is answered or wrong."""
        return any(self[name].value() not in (None, "", "unknown") or self[name].errors for name in MEASURED)

    def answers(self) -> dict[str, Any]:
        """Everything but the day, for `checkin_save`."""
        return {name: self.cleaned_data.get(name) for name in ANSWERS if name in self.fields}


class OutcomeForm(forms.ModelForm):
    """An injury, an illness or burnout, and who says so."""

    kind = forms.ChoiceField(choices=OutcomeKind.choices)
    judged_by = forms.ChoiceField(label=_("Reported by"), choices=JudgedBy.choices)

    class Meta:
        model = Outcome
        fields = ["kind", "began_on", "ended_on", "judged_by", "note"]
        labels = {"began_on": _("Started on"), "ended_on": _("Ended on")}
        widgets = {
            "began_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ended_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }


class ImportForm(forms.Form):
    """A CSV of days, or an Apple Health export."""

    file = forms.FileField(label=_("File"), widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.zip,.xml"}))
