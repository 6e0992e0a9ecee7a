"""How allauth signs people in here: a real 429 after too many wrong passwords, demo people only in demo mode."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from accounts.models.names import name_in_mail
from accounts.services import login_limit
from accounts.services.audit import audit

IP_LIMIT_RETRY_S = 60


class AccountAdapter(DefaultAccountAdapter):
    """Used for the login form and wherever a password is asked again."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The user behind right credentials, else None. Answers 429 instead when too many were wrong."""
        login = str(credentials.get("username") or credentials.get("email") or "")
        if len(login) > login_limit.MAX_LOGIN:
            return None
        try:
            attempt = login_limit.attempt_begin(login)
        except login_limit.TooManyLogins as refused:
            raise ImmediateHttpResponse(too_many_logins(request, refused.retry_after_s)) from None
        user = super().authenticate(request, **credentials)
        if user is not None and user.is_demo and not settings.DEMO_MODE:
            user = None
        if user is not None:
            login_limit.attempt_succeeded(attempt)
        elif attempt.is_last:
            audit(actor=None, subject=login_limit.login_user(login), action="login.limited")
        return user

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A user name is what somebody chose: in a mail it must not become a link."""
        if context.get("username"):
            context = {**context, "username": name_in_mail(context["username"])}
        super().send_mail(template_prefix, email, context)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """allauth's limit per address, as a 429 too."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            raise ImmediateHttpResponse(too_many_logins(request, IP_LIMIT_RETRY_S)) from None


def too_many_logins(request: HttpRequest, retry_after_s: int, *, code: bool = False) -> HttpResponse:
    """One page for known and unknown names alike. `code`: it was the second factor that was wrong."""
    context = {"minutes": -(-retry_after_s // 60), "code": code}
    response = render(request, "accounts/too_many_logins.html", context, status=429)
    response["Retry-After"] = str(retry_after_s)
    return response
