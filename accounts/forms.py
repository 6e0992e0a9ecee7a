"""Forms about one's own account."""

from django import forms
from django.http import HttpRequest

from accounts.fields import TimeZoneField
from accounts.models import Role, Units, User

SIGNUP_ROLES = [
    (Role.ATHLETE.value, "I train: record workouts and get recognised live"),
    (Role.COACH.value, "I coach: see the athletes of my teams who agree to it"),
]


class SignupForm(forms.Form):
    """What FitBalance asks besides name and password; allauth adds its own fields.

    Only athlete and coach can be chosen: other roles are given by an administrator.
    """

    role = forms.ChoiceField(label="What brings you here?", choices=SIGNUP_ROLES, initial=Role.ATHLETE, widget=forms.RadioSelect)
    units = forms.ChoiceField(choices=Units.choices, initial=Units.METRIC)
    time_zone = TimeZoneField(guess=True)

    class Media:
        js = [forms.Script("accounts/time_zone.js", type="module")]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth after the account is made."""
        user.role = self.cleaned_data["role"]
        user.units = self.cleaned_data["units"]
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["role", "units", "time_zone"])
