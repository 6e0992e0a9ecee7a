"""Forms about one's own account and teams."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import TimeZoneField
from accounts.models import CoachScope, LearningScope, Role, Team, TeamRole, TokenScope, Units, User
from accounts.models.user import DISTANCE_UNITS, ENERGY_UNITS, LENGTH_UNITS, MASS_UNITS
from accounts.services.erase import erasure_confirm
from accounts.services.users import user_units_begin
from web.units import current

SIGNUP_ROLES = [
    (Role.ATHLETE.value, _("I train: record workouts and have my exercises recognised")),
    (Role.COACH.value, _("I coach: see the training my athletes share with me")),
]
GUESSED = ("username", "units", "time_zone")
TOKEN_DAYS = [(7, _("1 week")), (30, _("30 days")), (90, _("90 days")), (365, _("1 year"))]


class TimeZoneScript:
    """Form media: picks the browser's own zone in a TimeZoneField made with guess=True."""

    js = [forms.Script("accounts/time_zone.js", type="module")]


class SignupForm(forms.Form):
    """What FitBalance asks besides name and password; allauth adds its own fields.

    Only athlete and coach can be chosen: other roles are given by an administrator.
    """

    role = forms.ChoiceField(
        label=_("What brings you here?"), choices=SIGNUP_ROLES, initial=Role.ATHLETE, widget=forms.RadioSelect
    )
    units = forms.ChoiceField(label=_("Units"), choices=Units.choices, initial=lambda: current().system)
    time_zone = TimeZoneField(guess=True)

    Media = TimeZoneScript

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if name := self.fields.get("username"):  # of allauth's part of the form
            name.help_text = _("What your coach and team see. Left empty: the first part of your email address.")

    def asked(self) -> list[forms.BoundField]:
        """What everybody answers."""
        return [field for field in self if field.name not in GUESSED]

    def guessed(self) -> list[forms.BoundField]:
        """What is known well enough, and can be changed."""
        return [self[name] for name in GUESSED]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth after the account is made."""
        user.role = self.cleaned_data["role"]
        user_units_begin(user=user, system=self.cleaned_data["units"], usual=current())
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["role", "time_zone"])


def _languages() -> list[tuple[str, Any]]:
    return [("", _("Browser default")), *settings.LANGUAGES]


def _or_as_above(units: list[tuple[str, Any]]) -> Any:
    return [("", _("As above")), *units]


class ProfileForm(forms.ModelForm):
    """Name, language, units and time zone. Role, e-mail and password have their own ways."""

    ONE_BY_ONE = ("mass_unit", "length_unit", "distance_unit", "energy_unit")

    language = forms.ChoiceField(label=_("Language"), required=False, choices=_languages)
    time_zone = TimeZoneField(help_text=_("All times are shown in this time zone."))
    mass_unit = forms.ChoiceField(label=_("Weights"), required=False, choices=_or_as_above(MASS_UNITS))
    length_unit = forms.ChoiceField(label=_("Body height"), required=False, choices=_or_as_above(LENGTH_UNITS))
    distance_unit = forms.ChoiceField(label=_("Distances"), required=False, choices=_or_as_above(DISTANCE_UNITS))
    energy_unit = forms.ChoiceField(label=_("Energy"), required=False, choices=_or_as_above(ENERGY_UNITS))

    class Meta:
        model = User
        fields = [
            "first_name", "last_name", "language", "time_zone", "units",
            "mass_unit", "length_unit", "distance_unit", "energy_unit",
        ]  # fmt: skip
        labels = {"first_name": _("First name"), "last_name": _("Last name"), "units": _("Units")}

    def plain(self) -> list[forms.BoundField]:
        """What everybody looks at."""
        return [field for field in self if field.name not in self.ONE_BY_ONE]

    def one_by_one(self) -> list[forms.BoundField]:
        """Units that may differ from the system."""
        return [self[name] for name in self.ONE_BY_ONE]

    @property
    def is_mixed(self) -> bool:
        """One of them differs, or is wrong: they are shown at once."""
        return any(field.value() or field.errors for field in self.one_by_one())


class TokenForm(forms.Form):
    """A new personal token."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What will use it, for example “gym tablet”."))
    scopes = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=TokenScope.choices,
        initial=[TokenScope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(label=_("Expires after"), choices=TOKEN_DAYS, initial=90, coerce=int)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "days" in data:
            data["expires_at"] = timezone.now() + timedelta(days=data["days"])
        return data


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ["name"]
        labels = {"name": _("Name")}
        help_texts = {"name": _("Athletes see this name when you invite them.")}


class InvitationForm(forms.Form):
    """Whom to invite. Without an address the coach passes the link on."""

    role = forms.ChoiceField(label=_("Role"), choices=TeamRole.choices, initial=TeamRole.ATHLETE)
    email = forms.EmailField(
        label=_("Email"), required=False, help_text=_("We send the link to this address. You can also copy it.")
    )


class CoachScopesForm(forms.Form):
    """The coach scopes that are ticked; nothing ticked is an answer too."""

    scopes = forms.MultipleChoiceField(choices=CoachScope.choices, required=False)


class LearningScopesForm(forms.Form):
    scopes = forms.MultipleChoiceField(choices=LearningScope.choices, required=False)


class EraseForm(forms.Form):
    """Typing name and password, so that nobody deletes an account by mistake or on a borrowed phone."""

    username = forms.CharField(
        label=_("Your username"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-why": _("Enter your username first.")}),
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "current-password", "data-why": _("Enter your password, too.")}
        ),
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
