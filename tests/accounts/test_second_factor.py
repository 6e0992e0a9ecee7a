"""The second factor: five tries for each account, a real 429, and nobody pays for others."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.services import login_limit
from tests.accounts.test_security import code_for
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
CODE = "mfa_authenticate"


@pytest.fixture(autouse=True)
def _narrow_address_limit(settings):
    """Many in this file come from one address: allauth's limit for addresses must not be what answers."""
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "1000/m/ip"}


def with_factor(user):
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def at_the_code(user, **extra):
    """A browser in which the right password was given."""
    client = Client(**extra)
    answer = client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    assert answer.url == reverse(CODE)
    return client


def is_in(client):
    return "_auth_user_id" in client.session


def test_the_sixth_code_is_429_also_when_it_is_right(athlete_user):
    secret = with_factor(athlete_user)
    client = at_the_code(athlete_user)
    assert [client.post(reverse(CODE), {"code": "000000"}).status_code for _ in range(5)] == [200] * 5
    answer = client.post(reverse(CODE), {"code": code_for(secret)})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= login_limit.WINDOW_S
    assert "Too many wrong codes" in answer.content.decode()
    assert not is_in(client)
    assert AuditEvent.objects.filter(subject=athlete_user, action="mfa.limited").count() == 1


def test_other_browsers_addresses_and_recovery_codes_share_the_five(athlete_user):
    secret = with_factor(athlete_user)
    recovery = RecoveryCodes.activate(athlete_user).get_unused_codes()[0]
    for n in range(5):
        at_the_code(athlete_user, REMOTE_ADDR=f"203.0.113.{n}").post(reverse(CODE), {"code": "000000"})
    for code in (code_for(secret), recovery):
        client = at_the_code(athlete_user, REMOTE_ADDR="198.51.100.7")
        assert client.post(reverse(CODE), {"code": code}).status_code == 429
        assert not is_in(client)


def test_neighbours_behind_the_same_address_are_unharmed(athlete_user, coach_user, settings):
    """Also with the limit for addresses as it is set: codes do not use it up."""
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "6/m/ip"}
    with_factor(athlete_user)
    secret = with_factor(coach_user)
    attacker = at_the_code(athlete_user)
    for _ in range(20):
        attacker.post(reverse(CODE), {"code": "000000"})
    neighbour = at_the_code(coach_user)
    assert neighbour.post(reverse(CODE), {"code": code_for(secret)}).status_code == 302
    assert is_in(neighbour)


def test_a_stranger_without_the_password_keeps_nobody_out(athlete_user):
    secret = with_factor(athlete_user)
    stranger = Client()
    for _ in range(10):
        assert stranger.post(reverse(CODE), {"code": "000000"}).status_code == 302, "sent to the login"
    client = at_the_code(athlete_user)
    client.post(reverse(CODE), {"code": code_for(secret)})
    assert is_in(client)


def test_the_pause_ends_and_right_codes_do_not_count(athlete_user):
    secret = with_factor(athlete_user)
    client = at_the_code(athlete_user)
    for _ in range(5):
        client.post(reverse(CODE), {"code": "000000"})
    cache.clear()  # five minutes later
    client.post(reverse(CODE), {"code": code_for(secret)})
    assert is_in(client)


def test_asking_again_is_counted_too(athlete_user):
    with_factor(athlete_user)
    client = Client()
    client.force_login(athlete_user)
    url = reverse("mfa_reauthenticate")
    answers = [client.post(url, {"code": "000000"}).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


def test_a_flood_of_names_does_not_push_a_limit_out(client, athlete_user):
    for _ in range(5):
        login_limit.attempt_begin("athlete")
    for n in range(120):
        for _ in range(5):
            login_limit.attempt_begin(f"nobody-{n}")
    with pytest.raises(login_limit.TooManyLogins):
        login_limit.attempt_begin("athlete")
