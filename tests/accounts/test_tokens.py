"""Personal tokens: what they open, and everything they must not."""

import logging
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, AuditEvent
from accounts.services.tokens import TokenRefused, token_create, token_resolve, token_revoke
from web.logs import SecretsFormatter

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def soon(days=1):
    return timezone.now() + timedelta(days=days)


@pytest.fixture
def make(athlete_user):
    def token(*scopes):
        return token_create(user=athlete_user, name="tablet", scopes=scopes or ["read"], expires_at=soon())

    return token


def client_with(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_it_opens_the_api_in_its_owners_name(make, athlete_user):
    token, secret = make("read")
    answer = client_with(secret).get(ME)
    assert answer.status_code == 200
    assert answer.json()["username"] == "athlete"
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_only_a_hash_is_stored(make):
    token, secret = make()
    stored = " ".join(str(value) for value in ApiToken.objects.values_list().get())
    assert secret.startswith("fb_")
    assert secret not in stored
    assert token.prefix == secret[:9]
    assert len(secret) > 40


def test_a_read_only_token_cannot_write(make):
    answer = client_with(make("read")[1]).patch(ME, {"units": "imperial"}, format="json")
    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_scope"


def test_a_writing_token_writes_but_needs_read_to_read(make):
    client = client_with(make("write")[1])
    assert client.patch(ME, {"units": "imperial"}, format="json").status_code == 200
    assert client.get(ME).status_code == 403


@pytest.mark.parametrize("spoil", ["expired", "revoked", "unknown", "nonsense", "inactive", "empty"])
def test_what_is_not_live_is_401(make, athlete_user, spoil):
    token, secret = make("read")
    if spoil == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif spoil == "revoked":
        token_revoke(token=token, by=athlete_user)
    elif spoil == "inactive":
        athlete_user.is_active = False
        athlete_user.save()
    else:
        secret = {"unknown": "fb_" + "x" * 43, "nonsense": "é bad", "empty": ""}[spoil]
    answer = client_with(secret).get(ME)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["token", "access_token", "api_key"])
def test_a_token_in_the_address_is_401(make, name):
    secret = make("read")[1]
    assert APIClient().get(ME, {name: secret}).status_code == 401
    assert client_with(secret).get(ME, {name: secret}).status_code == 401


def test_a_token_in_an_address_is_not_logged(make):
    secret = make("read")[1]
    record = logging.LogRecord("web", logging.INFO, "", 0, "GET %s 401", (f"{ME}?page=1&token={secret}",), None)
    line = SecretsFormatter().format(record)
    assert secret not in line
    assert "page=1" in line


def test_nothing_about_a_token_in_an_address_reaches_the_log(make, caplog):
    secret = make("read")[1]
    with caplog.at_level(logging.DEBUG):
        APIClient().get(ME, {"token": secret})
    texts = [SecretsFormatter().format(record) for record in caplog.records]
    assert secret not in "\n".join(texts)


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/api/v1/tokens/"), ("post", "/api/v1/tokens/"), ("post", "/api/v1/me/password/"), ("delete", None)],
)
def test_a_token_neither_mints_tokens_nor_sets_passwords(make, method, path):
    token, secret = make("read", "write", "stream", "train")
    path = path or f"/api/v1/tokens/{token.pk}/"
    answer = getattr(client_with(secret), method)(path, {}, format="json")
    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_scope"
    assert ApiToken.objects.count() == 1


def test_a_token_gives_no_consent(make):
    answer = client_with(make("read", "write")[1]).post(
        "/api/v1/consents/", {"kind": "learning", "scope": "sensor"}, format="json"
    )
    assert answer.status_code == 403


def test_a_token_opens_no_page(make):
    assert client_with(make("read", "write")[1]).get("/settings/profile/").status_code == 302


def test_session_posts_need_csrf(athlete_user):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(athlete_user)
    assert client.patch(ME, {"units": "imperial"}, format="json").status_code == 403


def test_making_one_through_the_api(api, athlete_user):
    body = {"name": "tablet", "scopes": ["read"], "expires_at": soon(30).isoformat()}
    answer = api(athlete_user).post("/api/v1/tokens/", body, format="json", headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 201
    assert token_resolve(answer.json()["secret"]).user == athlete_user
    listed = api(athlete_user).get("/api/v1/tokens/").json()["results"]
    assert [row["name"] for row in listed] == ["tablet"]
    assert "secret" not in listed[0]
    from django.db import connection

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert answer.json()["secret"] not in repr(cursor.fetchall()), table


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": []}, {"scopes": ["everything"]}, {"expires_at": "2020-01-01T00:00:00Z"}, {"user": 1}, {"name": ""}],
)
def test_bad_tokens_are_refused(api, athlete_user, wrong):
    body = {"name": "tablet", "scopes": ["read"], "expires_at": soon(30).isoformat(), **wrong}
    assert api(athlete_user).post("/api/v1/tokens/", body, format="json").status_code == 400
    assert not ApiToken.objects.exists()


def test_no_longer_than_a_year(athlete_user):
    with pytest.raises(ValidationError):
        token_create(user=athlete_user, name="t", scopes=["read"], expires_at=soon(400))


def test_revoking_is_once_and_audited(make, athlete_user):
    token, secret = make()
    token_revoke(token=token, by=athlete_user)
    token_revoke(token=token, by=athlete_user)
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1
    with pytest.raises(TokenRefused):
        token_resolve(secret)


def test_the_page_shows_the_secret_once(browse, athlete_user):
    client = browse(athlete_user)
    page = client.post(reverse("accounts:tokens"), {"name": "tablet", "scopes": ["read"], "days": "7"})
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    again = client.get(reverse("accounts:tokens")).content.decode()
    assert secret not in again
    assert "tablet" in again
