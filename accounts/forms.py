"""Forms about one's own account and teams."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts.fields import TimeZoneField
from accounts.models import CoachScope, LearningScope, Role, Team, TeamRole, TokenScope, Units, User
from accounts.services.erase import erasure_confirm

SIGNUP_ROLES = [
    (Role.ATHLETE.value, "I train: record workouts and get recognised live"),
    (Role.COACH.value, "I coach: see the athletes of my teams who agree to it"),
]
TOKEN_DAYS = [(7, "one week"), (30, "30 days"), (90, "90 days"), (365, "one year")]


class TimeZoneScript:
    """Form media: picks the browser's own zone in a TimeZoneField made with guess=True."""

    js = [forms.Script("accounts/time_zone.js", type="module")]


class SignupForm(forms.Form):
    """What FitBalance asks besides name and password; allauth adds its own fields.

    Only athlete and coach can be chosen: other roles are given by an administrator.
    """

    role = forms.ChoiceField(
        label="What brings you here?", choices=SIGNUP_ROLES, initial=Role.ATHLETE, widget=forms.RadioSelect
    )
    units = forms.ChoiceField(choices=Units.choices, initial=Units.METRIC)
    time_zone = TimeZoneField(guess=True)

    Media = TimeZoneScript

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth after the account is made."""
        user.role = self.cleaned_data["role"]
        user.units = self.cleaned_data["units"]
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["role", "units", "time_zone"])


class ProfileForm(forms.ModelForm):
    """Name, units and time zone. Role, e-mail and password have their own ways."""

    time_zone = TimeZoneField(help_text="Times on every page are shown in this zone.")

    class Meta:
        model = User
        fields = ["first_name", "last_name", "units", "time_zone"]


class TokenForm(forms.Form):
    """A new personal token."""

    name = forms.CharField(max_length=80, help_text="What will use it, for example “gym tablet”.")
    scopes = forms.MultipleChoiceField(
        label="It may", choices=TokenScope.choices, initial=[TokenScope.READ], widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(label="It ends after", choices=TOKEN_DAYS, initial=90, coerce=int)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "days" in data:
            data["expires_at"] = timezone.now() + timedelta(days=data["days"])
        return data


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ["name"]
        help_texts = {"name": "Athletes see this name when you invite them."}


class InvitationForm(forms.Form):
    """Whom to invite. Without an address the coach passes the link on."""

    role = forms.ChoiceField(label="As", choices=TeamRole.choices, initial=TeamRole.ATHLETE)
    email = forms.EmailField(label="Email", required=False, help_text="We send the link there. You can also copy it.")


class CoachScopesForm(forms.Form):
    """The coach scopes that are ticked; nothing ticked is an answer too."""

    scopes = forms.MultipleChoiceField(choices=CoachScope.choices, required=False)


class LearningScopesForm(forms.Form):
    scopes = forms.MultipleChoiceField(choices=LearningScope.choices, required=False)


class EraseForm(forms.Form):
    """Typing name and password, so that nobody erases an account by a slip or on a borrowed phone."""

    username = forms.CharField(label="Your username", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    password = forms.CharField(
        label="Your password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Raises accounts.services.login_limit.TooManyLogins after too many wrong passwords."""
        data = super().clean() or {}
        if {"username", "password"} <= data.keys():
            erasure_confirm(user=self.user, username=data["username"], password=data["password"])
        return data
