"""Codes of the second factor: five wrong ones in five minutes for each account, then a real 429.

allauth counts by the settings' limit for wrong passwords, which is one for each *address*: a club behind one router
would share it, and an attacker with many addresses would have as many tries.
"""

from typing import Any

from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator

from accounts.adapter import too_many_logins
from accounts.services import login_limit
from accounts.services.audit import audit


class CountedCode:
    """Mixin before allauth's forms for a code: counts wrong ones by account, and answers 429 after five."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        try:
            attempt = login_limit.code_begin(self.user)
        except login_limit.TooManyLogins as refused:
            raise ImmediateHttpResponse(too_many_logins(context.request, refused.retry_after_s, code=True)) from None
        code = self.cleaned_data["code"]
        found = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)
        for authenticator in found:
            if authenticator.wrap().validate_code(code):
                authenticator.user = self.user
                self.authenticator = authenticator
                login_limit.attempt_succeeded(attempt)
                return code
        if attempt.is_last:
            audit(actor=None, subject=self.user, action="mfa.limited")
        raise get_adapter().validation_error("incorrect_code")


class AuthenticateForm(CountedCode, forms.AuthenticateForm):
    """While signing in."""


class ReauthenticateForm(CountedCode, forms.ReauthenticateForm):
    """Before something that needs a fresh look at who is there."""
