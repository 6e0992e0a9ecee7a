"""Signing in, its limit, demo people."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache.backends.db import DatabaseCache
from django.db import connections
from django.urls import reverse
from django.utils.module_loading import import_string

from accounts.models import AuditEvent, User
from accounts.services import login_limit
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


def log_in(client, login, password):
    return client.post(reverse("account_login"), {"login": login, "password": password})


@pytest.mark.parametrize("login", ["athlete", "ATHLETE@example.org"])
def test_by_name_or_address(client, athlete_user, login):
    response = log_in(client, login, PASSWORD)
    assert response.status_code == 302
    assert response.url == reverse("web:home")
    assert client.session["_auth_user_id"] == str(athlete_user.pk)
    assert AuditEvent.objects.filter(actor=athlete_user, action="login").exists()


def test_the_sixth_wrong_password_is_429_with_retry_after(client, athlete_user):
    for _ in range(5):
        assert log_in(client, "athlete", "wrong").status_code == 200
    response = log_in(client, "athlete", "wrong")
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= login_limit.WINDOW_S
    assert log_in(client, "athlete", PASSWORD).status_code == 429, "the right password does not help now"
    assert AuditEvent.objects.filter(subject=athlete_user, action="login.limited").count() == 1


def test_unknown_names_get_the_same_answers(client, athlete_user):
    def answers(login):
        found = [log_in(client, login, "wrong") for _ in range(6)]
        return [
            (r.status_code, r.context["form"].errors.as_text() if r.status_code == 200 else r.content) for r in found
        ]

    known, unknown = answers("athlete"), answers("nobody")
    assert [status for status, _ in known] == [200] * 5 + [429]
    assert known[:5] == unknown[:5]
    strip = lambda body: body.split(b"<main")[1].split(b"</main")[0]  # noqa: E731
    assert unknown[5][0] == 429
    assert strip(known[5][1]) == strip(unknown[5][1])


def test_name_and_address_share_one_limit(client, athlete_user):
    for login in ["athlete", "athlete@example.org", "Athlete", "athlete", "athlete@example.org"]:
        log_in(client, login, "wrong")
    assert log_in(client, "athlete@example.org", PASSWORD).status_code == 429


def test_right_passwords_do_not_count(client, athlete_user):
    for _ in range(7):
        assert log_in(client, "athlete", PASSWORD).status_code == 302
        client.logout()


def test_others_are_not_affected(client, athlete_user, coach_user):
    for _ in range(6):
        log_in(client, "athlete", "wrong")
    assert log_in(client, "coach", PASSWORD).status_code == 302


def test_slots_are_taken_before_the_password_is_looked_at(athlete_user):
    attempts = [login_limit.attempt_begin("athlete") for _ in range(5)]
    assert [attempt.is_last for attempt in attempts] == [False] * 4 + [True]
    with pytest.raises(login_limit.TooManyLogins):
        login_limit.attempt_begin("athlete")
    login_limit.attempt_succeeded(attempts[2])
    login_limit.attempt_begin("athlete")


def test_the_limit_is_kept_in_the_database_without_names(client, athlete_user, settings):
    assert issubclass(import_string(settings.CACHES["default"]["BACKEND"]), DatabaseCache)
    log_in(client, "somebody-unknown", "wrong")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM web_cache")
        assert "somebody-unknown" not in repr(cursor.fetchall())


def test_an_address_limit_is_429_too(client, athlete_user, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "2/m/ip"}
    for name in ["a", "b"]:
        log_in(client, name, "wrong")
    assert log_in(client, "c", "wrong").status_code == 429


@pytest.mark.parametrize("page", ["account_login", "account_reset_password", "account_signup"])
def test_every_limit_per_address_says_when_to_come_back(client, settings, page):
    settings.ACCOUNT_RATE_LIMITS = dict.fromkeys(["login", "reset_password", "signup"], "1/m/ip")
    answers = [client.post(reverse(page), {"email": "nobody@example.org"}) for _ in range(2)]
    assert answers[1].status_code == 429
    assert int(answers[1]["Retry-After"]) > 0


def test_demo_login(client, make_user, settings):
    settings.DEMO_MODE = True
    make_user("coach", role="coach", is_demo=True)
    response = client.post(reverse("accounts:demo_login"), {"role": "coach"})
    assert response.status_code == 302
    assert User.objects.get(pk=client.session["_auth_user_id"]).username == "coach"


def test_demo_login_never_signs_a_real_person_in(client, coach_user, settings):
    settings.DEMO_MODE = True
    response = client.post(reverse("accounts:demo_login"), {"role": "coach"})
    assert response.url == reverse("web:landing")
    assert "_auth_user_id" not in client.session


def test_without_demo_mode_demo_people_cannot_sign_in(client, make_user, settings):
    make_user("coach", role="coach", is_demo=True)
    settings.DEMO_MODE = False
    assert client.post(reverse("accounts:demo_login"), {"role": "coach"}).status_code == 404
    assert log_in(client, "coach", PASSWORD).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_parallel_attempts_get_five_slots_between_them(athlete_user):
    def attempt(_):
        try:
            login_limit.attempt_begin("athlete")
        except login_limit.TooManyLogins:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == login_limit.N_ATTEMPTS
