"""What is asked before an alias moves or a version ends."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

WHY = {
    "reason": _("Give a reason: something speaks against this version."),
    "override": _("Tick “Promote anyway”."),
}


class PromoteForm(forms.Form):
    """expected: the champion that was shown, so that nobody decides on an old page."""

    expected = forms.UUIDField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, required=False, help_text=_("Required if a gate failed."))
    override = forms.BooleanField(required=False, label=_("Promote anyway"))


def promote_form(expected: Any, needs_reason: bool) -> PromoteForm:
    """The form as a page shows it: where something speaks against the version, the browser asks for both answers."""
    form = PromoteForm(initial={"expected": expected})
    for name, why in WHY.items():
        form.fields[name].required = needs_reason
        form.fields[name].widget.attrs["data-why"] = why
    return form


class ChallengeForm(forms.Form):
    """How much traffic a challenger answers. expected: the challenger that was shown."""

    expected = forms.UUIDField(required=False, widget=forms.HiddenInput)
    share = forms.IntegerField(
        min_value=1,
        max_value=99,
        initial=10,
        label=_("Share of athletes, in %"),
        help_text=_("The others stay with the champion."),
    )
    reason = forms.CharField(max_length=500, required=False)


class ExpectedForm(forms.Form):
    """The champion that was shown with a rollback."""

    expected = forms.UUIDField(required=False)


class ReasonForm(forms.Form):
    """Why a version is retired or deleted."""

    reason = forms.CharField(max_length=500, required=False)
