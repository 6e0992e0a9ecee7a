"""Sessions, passwords, the second factor."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "quite-another-password"


def code_for(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def signed_in(user, agent="Firefox"):
    client = Client(headers={"user-agent": agent})
    assert client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD}).status_code == 302
    return client


def is_in(client):
    return client.get(reverse("accounts:profile")).status_code == 200


def test_signed_in_browsers_are_listed_and_ended_one_by_one(athlete_user):
    phone, laptop = signed_in(athlete_user, "Phone"), signed_in(athlete_user, "Laptop")
    page = laptop.get(reverse("accounts:security")).content.decode()
    assert "Phone" in page
    assert "Laptop" in page
    assert "This browser" in page
    row = UserSession.objects.get(user_agent="Phone")
    laptop.post(reverse("accounts:session_end", args=[row.pk]))
    assert not is_in(phone)
    assert is_in(laptop)


def test_signing_out_everywhere_else(athlete_user):
    clients = [signed_in(athlete_user) for _ in range(3)]
    clients[0].post(reverse("accounts:sign_out_others"))
    assert [is_in(client) for client in clients] == [True, False, False]
    assert AuditEvent.objects.filter(action="session.ended_everywhere").exists()


def test_nobody_ends_other_peoples_sessions(athlete_user, coach_user):
    other, own = signed_in(coach_user), signed_in(athlete_user)
    row = UserSession.objects.get(user=coach_user)
    assert own.post(reverse("accounts:session_end", args=[row.pk])).status_code == 404
    assert is_in(other)


def test_changing_the_password(athlete_user):
    client = signed_in(athlete_user)
    body = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(reverse("account_change_password"), body).status_code == 302
    athlete_user.refresh_from_db()
    assert athlete_user.check_password(NEW)
    assert AuditEvent.objects.filter(actor=athlete_user, action="password.changed").count() == 1


def test_changing_the_password_through_the_api_signs_out_elsewhere(api, athlete_user):
    elsewhere = signed_in(athlete_user)
    client = api(athlete_user)
    url = "/api/v1/me/password/"
    wrong = client.post(url, {"current_password": "no", "new_password": NEW}, format="json")
    weak = client.post(url, {"current_password": PASSWORD, "new_password": "short"}, format="json")
    assert (wrong.status_code, weak.status_code) == (400, 400)
    assert wrong.json()["errors"][0]["field"] == "current_password"
    assert client.post(url, {"current_password": PASSWORD, "new_password": NEW}, format="json").status_code == 204
    assert not is_in(elsewhere)
    assert is_in(client)


def test_the_sixth_wrong_current_password_is_429(api, athlete_user):
    client = api(athlete_user)
    body = {"current_password": "no", "new_password": NEW}
    answers = [client.post("/api/v1/me/password/", body, format="json") for _ in range(6)]
    assert [a.status_code for a in answers] == [400] * 5 + [429]
    assert int(answers[5]["Retry-After"]) > 0


def test_resetting_the_password_by_mail(client, athlete_user, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": athlete_user.email})
    link = re.search(r"http://testserver(\S+)", mailoutbox[0].body).group(1)
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    athlete_user.refresh_from_db()
    assert athlete_user.check_password(NEW)
    assert AuditEvent.objects.filter(action="password.reset").exists()


def test_resetting_tells_nothing_about_unknown_addresses(client, athlete_user):
    known = client.post(reverse("account_reset_password"), {"email": athlete_user.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


@pytest.fixture
def with_totp(athlete_user, django_capture_on_commit_callbacks):
    """A client of an athlete who has just turned the second factor on: (client, secret)."""
    client = signed_in(athlete_user)
    url = reverse("mfa_activate_totp")
    page = client.get(url)
    if page.status_code == 302:
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        page = client.get(url)
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(url, {"code": code_for(secret)}).status_code == 302
    return client, secret


def test_turning_a_second_factor_on(with_totp, athlete_user):
    client, _ = with_totp
    types = set(Authenticator.objects.filter(user=athlete_user).values_list("type", flat=True))
    assert types == {"totp", "recovery_codes"}
    assert AuditEvent.objects.filter(action="mfa.added").count() == 2
    assert "Two-factor authentication and recovery codes" in client.get(reverse("accounts:security")).content.decode()


def test_signing_in_then_needs_the_code(with_totp, athlete_user):
    client = signed_in(athlete_user)
    assert not is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert not is_in(client)


def test_a_recovery_code_works_once(with_totp, athlete_user):
    codes = Authenticator.objects.get(user=athlete_user, type="recovery_codes").wrap().get_unused_codes()
    for expected in (True, False):
        client = signed_in(athlete_user)
        client.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert is_in(client) is expected


def test_the_admin_is_behind_the_same_door(client, administrator_user):
    response = client.get(reverse("admin:index"), follow=True)
    assert response.request["PATH_INFO"] == reverse("account_login")
    for _ in range(6):
        last = client.post(reverse("admin:login"), {"username": "administrator", "password": "wrong"})
    assert last.status_code == 302, "the admin's own form, which knows no limit, is not offered"
