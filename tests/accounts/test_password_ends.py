"""A new password ends what the old one opened: tokens, other browsers, half-finished sign-ins."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.services.tokens import token_create
from tests.accounts.test_second_factor import at_the_code, with_factor
from tests.accounts.test_security import NEW, code_for, is_in, signed_in
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(athlete_user):
    return token_create(user=athlete_user, name="t", scopes=["read"], expires_at=timezone.now() + timedelta(days=1))[1]


def opens(token):
    return APIClient().get("/api/v1/me/", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def by_page(user, client):
    body = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(reverse("account_change_password"), body).status_code == 302


def by_api(user, client):
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert client.post("/api/v1/me/password/", body, content_type="application/json").status_code == 204


def by_reset(user, client):
    anyone = Client()
    anyone.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    page = anyone.get(link[1], follow=True)
    done = anyone.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert done.status_code == 302


def by_administrator(user, client):
    from tests.people import make_user

    admin = Client()
    admin.force_login(make_user("boss", role="administrator", is_superuser=True))
    body = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert admin.post(f"/admin/accounts/user/{user.pk}/password/", body).status_code == 302


def by_command(user, client, monkeypatch=None):
    from unittest.mock import patch

    with patch("getpass.getpass", return_value=NEW):
        call_command("changepassword", user.username, stdout=open("/dev/null", "w"))


@pytest.mark.parametrize("change", [by_page, by_api, by_reset, by_administrator, by_command])
def test_everything_of_the_old_password_ends(athlete_user, coach_user, token, change):
    other = token_create(user=coach_user, name="t", scopes=["read"], expires_at=timezone.now() + timedelta(days=1))[1]
    here, elsewhere, neighbour = signed_in(athlete_user), signed_in(athlete_user), signed_in(coach_user)
    assert opens(token)
    change(athlete_user, here)
    athlete_user.refresh_from_db()
    assert athlete_user.check_password(NEW)
    assert not opens(token)
    assert not is_in(elsewhere)
    assert is_in(here) == (change in (by_page, by_api)), "who changed it stays"
    assert opens(other)
    assert is_in(neighbour)


@pytest.mark.parametrize("change", [by_page, by_api, by_reset])
def test_a_sign_in_that_waits_for_its_code_ends_too(athlete_user, change):
    here = signed_in(athlete_user)
    secret = with_factor(athlete_user)
    waiting = at_the_code(athlete_user)
    change(athlete_user, here)
    waiting.post(reverse("mfa_authenticate"), {"code": code_for(secret)})
    assert "_auth_user_id" not in waiting.session


def test_signing_in_with_an_older_hash_ends_nothing(athlete_user, token, settings):
    """Django renews a hash when somebody signs in: that is no new password."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher", "django.contrib.auth.hashers.MD5PasswordHasher",
    ]  # fmt: skip
    before = athlete_user.password
    signed_in(athlete_user)
    athlete_user.refresh_from_db()
    assert athlete_user.password != before
    assert opens(token)
