"""Bad input and its answer: rows 8 to 16 of the acceptance list."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from web.models import Upload

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.urls")]


def make_upload(owner, filename="a.csv"):
    return Upload.objects.create(
        owner=owner,
        filename=filename,
        size=1,
        part_bytes=1,
        n_parts=1,
        expires_at=timezone.now() + dt.timedelta(days=1),
    )


@pytest.fixture
def client(api, athlete_user):
    return api(athlete_user)


def post(client, body):
    return client.post("/api/v1/echo/", body, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"value": NaN}', 400, "not_finite"),
        ('{"value": Infinity}', 400, "not_finite"),
        ('{"value": -Infinity}', 400, "not_finite"),
        ('{"number": 1e400}', 400, "not_finite"),
        ('{"number": -1e400}', 400, "not_finite"),
        ('{"value": ' + "9" * 5000 + "}", 400, "not_finite"),
        (r'{"value": "\ud800"}', 400, "bad_text"),
        (r'{"\udfff": 1}', 400, "bad_text"),
        (r'{"value": "a\u0000b"}', 400, "bad_text"),
        (r'{"value": [{"a": "\u0000"}]}', 400, "bad_text"),
        ('{"value": ' + "[" * 5000 + "]" * 5000 + "}", 400, "too_deep"),
        ('{"value": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}", 400, "too_deep"),
        ('{"value": ' + "[" * 70 + "]" * 70 + "}", 400, "too_deep"),
        ("[" * 100_000, 400, "too_deep"),
        ('{"value": 1, "value": 2}', 400, "duplicate_key"),
        ('{"value": 1', 400, "malformed"),
        (b'{"value": "\xff"}', 400, "malformed"),
        (b'\xef\xbb\xbf{"value": 1}', 400, "malformed"),
        ('{"role": "administrator"}', 400, "unknown_field"),
        ("[]", 400, "invalid"),
        ('"text"', 400, "invalid"),
        ("null", 400, "invalid"),
        ('{"value": "' + "a" * (3 * 1024 * 1024) + '"}', 413, "too_large"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_body_is_refused(client, body, status, code):
    response = post(client, body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.json()


@pytest.mark.parametrize(
    "body", [r'{"value": "😀"}', '{"value": ' + "[" * 60 + "]" * 60 + "}", '{"number": 1e300}', "{}"]
)
def test_body_is_accepted(client, body):
    assert post(client, body).status_code == 201


def test_foreign_key_of_another_person_is_not_found(client, other_athlete_user):
    foreign = make_upload(other_athlete_user)
    answers = [
        post(client, f'{{"upload": {value}}}').json()
        for value in (f'"{foreign.pk}"', f'"{uuid.uuid4()}"', '"abc"', "10")
    ]
    for answer in answers:
        answer.pop("request_id")
        assert answer["code"] == "not_found"
    assert answers[0] == answers[1]


def test_read_only_fields_cannot_be_patched(client, athlete_user, coach_user):
    mine = make_upload(athlete_user)
    response = client.patch(f"/api/v1/things/{mine.pk}/", {"owner": coach_user.pk}, format="json")
    assert (response.status_code, response.json()["code"]) == (400, "unknown_field")
    assert response.json()["errors"][0]["field"] == "owner"
    assert client.patch(f"/api/v1/things/{mine.pk}/", {"filename": "b"}, format="json").status_code == 200
    assert client.put(f"/api/v1/things/{mine.pk}/", {"filename": "b"}, format="json").status_code == 405


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("ordering=user__password", "unknown_ordering"),
        ("ordering=-owner", "unknown_ordering"),
        ("ordering=", "unknown_ordering"),
        ("ordering=filename,created_at,password", "unknown_ordering"),
        ("user__password__regex=a", "unknown_filter"),
        ("owner=1", "unknown_filter"),
        ("filename__regex=(a%2B)%2B", "unknown_filter"),
        ("format=xml", "unknown_filter"),
        ("filename=%00", "bad_text"),
        ("search=%00", "bad_text"),
        ("search=" + "a+" * 90, "search_too_long"),
        ("search=" + "a+" * 3000, "search_too_long"),
        ("search=" + "a" * 300, "search_too_long"),
    ],
)
def test_query_is_refused(client, query, code):
    response = client.get(f"/api/v1/things/?{query}")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_query_is_understood(client, athlete_user):
    for name in ("b.csv", "a.csv", "c.csv"):
        make_upload(athlete_user, name)
    names = [row["filename"] for row in client.get("/api/v1/things/?ordering=filename").json()["results"]]
    assert names == ["a.csv", "b.csv", "c.csv"]
    assert client.get("/api/v1/things/?search=b.").json()["count"] == 1
    assert client.get("/api/v1/things/?filename=c.csv").json()["count"] == 1


def test_endpoint_without_parameters_refuses_them(client):
    assert client.get("/api/v1/echo/?whatever=1").json()["code"] == "unknown_filter"


@pytest.mark.parametrize("pk", ["1" + "0" * 22, "1%00", "abc", "%2e%2e%2f", "-1", "1e3", "0x10", "%ff"])
def test_a_wrong_id_is_404(client, pk):
    for method in ("get", "patch", "delete"):
        response = getattr(client, method)(f"/api/v1/things/{pk}/")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_page_size_is_capped(client, athlete_user):
    Upload.objects.bulk_create(
        Upload(
            owner=athlete_user,
            filename=str(n),
            size=1,
            part_bytes=1,
            n_parts=1,
            expires_at=timezone.now() + dt.timedelta(1),
        )
        for n in range(210)
    )
    assert len(client.get("/api/v1/things/?page_size=1000000000").json()["results"]) == 200
    assert len(client.get("/api/v1/things/").json()["results"]) == 50
    for page in ("0", "99", "1" + "0" * 22, "abc", "-1"):
        assert client.get(f"/api/v1/things/?page={page}").status_code == 404


def test_what_belongs_to_another_is_like_missing(client, other_athlete_user):
    foreign = make_upload(other_athlete_user)
    for method in ("get", "patch", "delete"):
        theirs = getattr(client, method)(f"/api/v1/things/{foreign.pk}/", {}, format="json")
        missing = getattr(client, method)(f"/api/v1/things/{uuid.uuid4()}/", {}, format="json")
        assert theirs.status_code == missing.status_code == 404
        assert {**theirs.json(), "request_id": ""} == {**missing.json(), "request_id": ""}


def test_a_change_of_an_older_state_is_412(client, athlete_user):
    mine = make_upload(athlete_user)
    url = f"/api/v1/things/{mine.pk}/"
    first = client.get(url).headers["ETag"]
    changed = client.patch(url, {"filename": "b"}, format="json", headers={"If-Match": first})
    assert changed.status_code == 200
    assert changed.headers["ETag"] == client.get(url).headers["ETag"] != first
    for act in (client.patch, client.delete):
        late = act(url, {"filename": "c"}, format="json", headers={"If-Match": first})
        assert (late.status_code, late.json()["code"]) == (412, "changed")
    assert client.delete(url, headers={"If-Match": changed.headers["ETag"]}).status_code == 204
