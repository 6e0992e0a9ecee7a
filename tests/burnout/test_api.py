"""Bad input to the API of days, outcomes and estimates, and what it answers."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Athlete
from burnout.models import CheckIn, Outcome, RiskEstimate
from tests.people import make_user

TODAY = timezone.now().date()
LISTS = ("check-ins", "outcomes", "risk-estimates")


@pytest.fixture
def call(athlete):
    """call(method, path, body) → the answer to the athlete; a text body is sent as it is."""
    client = Client()
    client.force_login(athlete.user)

    def send(method, path, body=None, **headers):
        data = body if isinstance(body, str | None) else json.dumps(body)
        return client.generic(method, f"/api/v1/{path}", data or "", "application/json", **headers)

    return send


@pytest.fixture
def foreign(db):
    """Rows of somebody else."""
    other = Athlete.objects.create(user=make_user("kofi"))
    return {
        "athlete": other.pk,
        "check-ins": CheckIn.objects.create(athlete=other, day=TODAY, mood=1).pk,
        "outcomes": Outcome.objects.create(athlete=other, kind="injury", began_on=TODAY).pk,
        "risk-estimates": RiskEstimate.objects.create(
            athlete=other, day=TODAY, horizon_days=90, risk=0.1, low=0.05, high=0.2, usual=0.1, n_days=20, n_known=19,
            model="m v1", is_generated=True,
        ).pk,
    }


@pytest.mark.parametrize("name", LISTS)
def test_anothers_row_is_as_a_missing_one(call, foreign, name):
    for method in ("GET", "PATCH", "DELETE"):
        if name == "risk-estimates" and method != "GET":
            continue
        own, missing = call(method, f"{name}/{foreign[name]}/", {}), call(method, f"{name}/99999999/", {})
        assert (own.status_code, own.json()["code"]) == (404, "not_found")
        assert own.json()["detail"] == missing.json()["detail"]
    assert call("GET", f"{name}/?athlete={foreign['athlete']}").status_code in (200, 400)
    assert not call("GET", f"{name}/?athlete={foreign['athlete']}").json().get("results")
    assert CheckIn.objects.get(pk=foreign["check-ins"]).mood == 1


@pytest.mark.parametrize("field", ["athlete", "source", "is_demo", "owner", "team", "role"])
def test_whose_a_day_is_cannot_be_said(call, foreign, field):
    pk = call("POST", "check-ins/", {"day": f"{TODAY}", "mood": 5}).json()["id"]
    for method, path in (("POST", "check-ins/"), ("PATCH", f"check-ins/{pk}/")):
        answer = call(method, path, {"day": f"{TODAY}", "mood": 2, field: foreign["athlete"]})
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert CheckIn.objects.get(pk=pk).mood == 5


@pytest.mark.parametrize("query", ["ordering=athlete__user__password", "athlete__user__password__regex=a", "x=1"])
@pytest.mark.parametrize("name", LISTS)
def test_no_list_sorts_or_filters_by_what_it_does_not_offer(call, name, query):
    assert call("GET", f"{name}/?{query}").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        '{"day": "%s", "sleep_hours": NaN}', '{"day": "%s", "workload": Infinity}', '{"day": "%s", "workload": 1e400}',
        '{"day": "%s", "note": "\\ud800"}', '{"day": "%s", "note": "a\\u0000b"}', '{"day": "%s", "mood": "5; drop"}',
        '{"day": "%s", "mood": true}', '{"day": "%s", "mood": [5]}', '{"day": 5, "mood": 5}', '{"mood": 5}', "[]", "",
    ],
)
def test_numbers_and_texts_that_are_none_are_refused(call, body):
    answer = call("POST", "check-ins/", body.replace("%s", f"{TODAY}"))
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    assert not CheckIn.objects.exists()


def test_a_body_too_deep_is_refused(call):
    answer = call("POST", "check-ins/", '{"note": ' + "[" * 5000 + "]" * 5000 + "}")
    assert (answer.status_code, answer.json()["code"]) == (400, "too_deep")


@pytest.mark.parametrize("pk", ["10000000000000000000000", "1%00", "abc", "-1"])
@pytest.mark.parametrize("name", LISTS)
def test_an_id_that_is_none_is_missing(call, name, pk):
    assert call("GET", f"{name}/{pk}/").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_a_page_has_its_limit(call, athlete, name):
    days = [TODAY.replace(year=2000 + i, day=1) for i in range(3)]
    CheckIn.objects.bulk_create([CheckIn(athlete=athlete, day=day, mood=4) for day in days])
    answer = call("GET", f"{name}/?page_size=1000000000")
    assert answer.status_code == 200
    assert len(answer.json()["results"]) <= 200


def test_the_same_key_gives_the_same_answer_and_one_row(call):
    body, key = {"kind": "illness", "began_on": f"{TODAY}", "judged_by": "self"}, {"HTTP_IDEMPOTENCY_KEY": "once-only"}
    first, again = (call("POST", "outcomes/", body, **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert call("POST", "outcomes/", body).status_code == 400  # without the key it is a second one of the same day
    assert call("POST", "outcomes/", {**body, "note": "other"}, **key).status_code == 422
    assert Outcome.objects.count() == 1
