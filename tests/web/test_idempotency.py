"""A repeated POST does nothing twice."""

import datetime as dt

import pytest
from django.utils import timezone

from tests.web import urls
from web.models import IdempotencyKey
from web.services import idempotency

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.urls")]


@pytest.fixture
def client(api, athlete_user):
    return api(athlete_user, raise_request_exception=False)


def post(client, key="k1", body='{"number": 1}', query=""):
    return client.post(f"/api/v1/echo/{query}", body, content_type="application/json", headers={"Idempotency-Key": key})


def test_the_stored_answer_is_replayed(client):
    first = post(client)
    runs = urls.Echo.n_runs
    second = post(client)
    assert urls.Echo.n_runs == runs
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["Location"] == "/somewhere/"
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_another_body_or_address_is_422(client):
    post(client)
    assert post(client, body='{"number": 2}').json()["code"] == "key_reused"
    assert post(client, query="?fail=1").status_code == 422


def test_while_in_progress_it_is_409(client, athlete_user):
    post(client)
    IdempotencyKey.objects.update(status=0)
    response = post(client)
    assert (response.status_code, response.json()["code"]) == (409, "in_progress")
    assert response.headers["Retry-After"]
    IdempotencyKey.objects.update(claimed_at=timezone.now() - idempotency.ABANDONED_AFTER * 2)
    assert post(client).status_code == 201


@pytest.mark.parametrize("query", ["?fail=1", "?break=1"])
def test_a_failure_is_not_kept(client, query):
    assert post(client, query=query).status_code >= 400
    assert not IdempotencyKey.objects.exists()


def test_a_key_belongs_to_one_person(client, api, coach_user):
    first = post(client)
    other = post(api(coach_user))
    assert first.json() != other.json()


@pytest.mark.parametrize("key", ["", "a" * 256, "ü"])
def test_a_bad_key_is_refused(client, key):
    response = client.post("/api/v1/echo/", "{}", content_type="application/json", HTTP_IDEMPOTENCY_KEY=key)
    assert response.json()["code"] == "bad_idempotency_key"


def test_after_a_day_the_key_is_free(client):
    post(client)
    IdempotencyKey.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert "Idempotent-Replayed" not in post(client).headers
    IdempotencyKey.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert idempotency.idempotency_expire() == 1
