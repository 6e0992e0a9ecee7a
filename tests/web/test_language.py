"""The site in the reader's language; machines read numbers as they are."""

import pytest
from django.template import engines
from django.utils import translation

from mlops.kinds.metric import Metric
from web.axis import tick_text
from web.numbers import respelled, spelled, spelled_share

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


@pytest.mark.parametrize(("language", "words"), [
    ("en", ["97.3 %", "1,234.5", "−0.4", "1.2 % to 3.4 %"]), ("de", ["97,3 %", "1.234,5", "−0,4", "1,2 % bis 3,4 %"]),
    ("tw", ["97.3 %", "1,234.5", "−0.4", "1.2 % to 3.4 %"]),
])  # fmt: skip
def test_people_read_numbers_in_the_marks_of_their_language(language, words):
    with translation.override(language):
        between = translation.gettext("%(low)s to %(high)s") % {"low": respelled("1.2 %"), "high": respelled("3.4 %")}
        assert [spelled_share(0.973, 1), spelled(1234.5, ",.1f"), tick_text(-0.4, 0.1), between] == words


@pytest.mark.parametrize("stored", ["v1.2", "2026-11-02", "1.2.3", "a 0.5", None, 7])
def test_only_stored_numbers_are_spelled_anew(stored):
    with translation.override("de"):
        assert respelled(stored) is stored


def test_metrics_and_their_intervals_are_read_in_german():
    share, error = Metric("accuracy", "Accuracy"), Metric("mae", "Error", False, "number", 2, "kg")
    with translation.override("de"):
        assert (share.text(0.9731), share.difference_text(0.012)) == ("97,3 %", "+1,2 Punkte")
        assert (error.text(1.5), error.interval_text(1.25, 2.5)) == ("1,50 kg", "1,25 bis 2,50 kg")
