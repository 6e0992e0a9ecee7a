"""Forms of workouts and layouts."""

import zoneinfo
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sessions.models import SensorLayout, WorkoutSession

SPORTS = [
    ("strength", _("Strength")),
    ("mobility", _("Mobility")),
    ("running", pgettext_lazy("sport", "Running")),
    ("cycling", _("Cycling")),
    ("rehabilitation", _("Rehabilitation")),
    ("other", _("Other")),
]


class WorkoutForm(forms.ModelForm):
    """Title, sport, start, time zone and notes. The start is entered in the athlete's own time zone."""

    sport = forms.ChoiceField(label=_("Sport"), choices=SPORTS)
    started_at = forms.DateTimeField(
        label=_("Start"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your time zone."),
    )

    class Meta:
        model = WorkoutSession
        fields = ["title", "sport", "started_at", "time_zone", "notes"]
        labels = {"title": _("Title"), "notes": _("Notes")}
        widgets = {"notes": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = dict(SPORTS)
        if self.instance.pk and self.instance.sport not in known:
            self.fields["sport"].choices = [*SPORTS, (self.instance.sport, self.instance.sport)]
        zones = sorted(zoneinfo.available_timezones())
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"),
            choices=[(zone, zone) for zone in zones],
            initial=self.initial.get("time_zone", "UTC"),
        )
        self.fields["notes"].required = False


class WorkoutFilterForm(forms.Form):
    """Filters of the list of workouts."""

    q = forms.CharField(label=_("Title or notes"), required=False, max_length=80, widget=forms.SearchInput())
    sport = forms.ChoiceField(choices=[("", _("All")), *SPORTS], required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def narrow(self, rows: QuerySet[WorkoutSession]) -> QuerySet[WorkoutSession]:
        """Apply the filters to a list of workouts."""
        data = self.cleaned_data
        if data["q"]:
            rows = rows.filter(Q(title__icontains=data["q"]) | Q(notes__icontains=data["q"]))
        if data["sport"]:
            rows = rows.filter(sport=data["sport"])
        if data["since"]:
            rows = rows.filter(started_at__date__gte=data["since"])
        if data["until"]:
            rows = rows.filter(started_at__date__lt=data["until"] + timedelta(days=1))
        return rows


class LayoutForm(forms.Form):
    """Declare a layout: a title, a rate and one channel per line, "name unit"."""

    title = forms.CharField(label=_("Title"), max_length=80, help_text=_("For example: Wristband."))
    rate_hz = forms.FloatField(label=_("Sampling rate (Hz)"), min_value=0.1, max_value=2000, initial=50)
    channels = forms.CharField(
        label=_("Channels"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("One channel per line: name, then unit, for example <code>acc_x m/s²</code>. At most 64 channels."),
    )

    def clean_channels(self) -> list[dict[str, str]]:
        rows = [line.split(None, 1) for line in self.cleaned_data["channels"].splitlines() if line.strip()]
        return [{"name": row[0], "unit": row[1].strip() if len(row) > 1 else ""} for row in rows]


class SideBySideForm(forms.Form):
    """Several equal units worn at once."""

    base = forms.ModelChoiceField(SensorLayout.objects.none(), label=_("Layout of one unit"))
    units = forms.CharField(
        label=_("Unit names"),
        max_length=80,
        initial="u2, u5",
        help_text=_("2 to 8 names, separated by commas, for example <code>u2, u5</code> or <code>left, right</code>."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].queryset = SensorLayout.objects.visible_to(user).filter(base__isnull=True)

    def clean_units(self) -> list[str]:
        return split_units(self.cleaned_data["units"])


def split_units(text: str) -> list[str]:
    """Names between commas or spaces, in lower case."""
    return [unit for unit in text.lower().replace(",", " ").split() if unit]
