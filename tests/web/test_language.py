"""The site in the reader's language; machines read numbers as they are."""

import pytest
from django.template import engines
from django.utils import translation

pytestmark = pytest.mark.django_db


def test_numbers_for_machines_keep_their_point():
    template = engines["django"].from_string(
        '<rect x="{{ x }}" data-y="{{ x|floatformat:"1u" }}"/>{{ x|floatformat:1 }} {{ n }}'
    )
    with translation.override("de"):
        assert template.render({"x": 1.5, "n": 1234567}) == '<rect x="1.5" data-y="1.5"/>1,5 1234567'


def test_the_browser_is_followed_until_somebody_chooses(client, browse, athlete_user):
    page = client.get("/", headers={"accept-language": "de"})
    assert '<html lang="de">' in page.content.decode()
    assert page["Content-Language"] == "de"
    assert '<html lang="en">' in client.get("/").content.decode()
    client.post("/language/", {"language": "de", "next": "/"})
    assert '<html lang="de">' in client.get("/").content.decode()


def test_a_person_keeps_the_language(browse, api, athlete_user):
    signed_in = browse(athlete_user)
    assert signed_in.post("/language/", {"language": "de", "next": "/settings/profile/"}).status_code == 302
    athlete_user.refresh_from_db()
    assert athlete_user.language == "de"
    assert '<html lang="de">' in browse(athlete_user).get("/settings/profile/").content.decode()
    assert api(athlete_user).get("/api/v1/me/").json()["language"] == "de"
    answer = api(athlete_user).patch("/api/v1/me/", {"language": "xx"}, format="json")
    assert answer.status_code == 400
    signed_in.post("/language/", {"language": "xx", "next": "/"})
    athlete_user.refresh_from_db()
    assert athlete_user.language == "de"


def test_nobody_is_sent_elsewhere(client):
    assert client.post("/language/", {"language": "de", "next": "https://evil.example/"})["Location"] == "/"


def test_scripts_have_their_words(client):
    assert client.get("/words/de.js")["Content-Type"].startswith("text/javascript")
    assert client.get("/words/xx.js").status_code == 404
    assert "/words/de.js" in client.get("/", headers={"accept-language": "de"}).content.decode()
    assert "/words/" not in client.get("/").content.decode()
