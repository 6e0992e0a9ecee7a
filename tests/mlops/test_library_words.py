"""Sentences stored in English are read in the reader's language: alerts by their parts, libraries' by their form."""

import ast
import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from mlops import library_words
from mlops.jobs.models import Job
from mlops.monitoring.models import Alert
from mlops.monitoring.services.alerts import alert_open
from web import said
from web.said import Number, Said, respoken

GERMAN = {
    "%(title)s could not be fetched": "%(title)s konnte nicht geholt werden",
    "%(host)s answered HTTP %(code)s": "%(host)s antwortete mit HTTP %(code)s",
    "there are no %(part)s windows": "Es gibt keine Fenster im Teil %(part)s",
    "%(which)s and %(n)s more": "%(which)s und %(n)s weitere",
    "Version %(number)s sees data that differs from its training data: %(which)s.": (
        "Version %(number)s sieht andere Daten als im Training: %(which)s."
    ),
    "It fell to %(share)s.": "Es sank auf %(share)s.",
}


def _gettext(text):
    return GERMAN.get(text, text) if translation.get_language() == "de" else text


@pytest.fixture
def german(monkeypatch):
    monkeypatch.setattr("web.said.gettext", _gettext)
    with translation.override("de"):
        yield


def test_a_known_sentence_is_said_in_the_own_language(german):
    text = "Pose could not be fetched. pypi.org answered HTTP 503. Nobody knows this one."
    spoken = "Pose konnte nicht geholt werden. pypi.org antwortete mit HTTP 503. Nobody knows this one."
    assert respoken(text) == spoken
    assert respoken("There are no test windows.") == "Es gibt keine Fenster im Teil test."
    assert respoken("") == ""
    with translation.override("en"):
        assert respoken(text) == text


def test_a_sentence_is_kept_with_its_parts(german):
    which = Said("%(which)s and %(n)s more", {"which": "acc_x mean", "n": 3})
    whole = Said(
        "Version %(number)s sees data that differs from its training data: %(which)s.", {"number": 4, "which": which}
    )
    stored = Said.from_json(whole.to_json())
    assert str(stored) == "Version 4 sieht andere Daten als im Training: acc_x mean und 3 weitere."
    fell = Said("It fell to %(share)s.", {"share": Number(93.14, ".1f", " %")})
    assert str(Said.from_json(fell.to_json())) == "Es sank auf 93,1 %."
    with translation.override("en"):
        assert str(stored) == "Version 4 sees data that differs from its training data: acc_x mean and 3 more."


@pytest.mark.django_db
def test_an_alert_is_read_in_the_own_language(task, german):
    fell = Said("It fell to %(share)s.", {"share": Number(61, ".1f", " %")})
    alert_open(task=task, kind="accuracy", say=lambda: fell)
    alert = Alert.objects.get()
    assert alert.text == "It fell to 61.0 %.", "in the site's language for programs"
    assert alert.said == "Es sank auf 61,0 %."
    Alert.objects.update(facts=None, text="pypi.org answered HTTP 503.")
    alert.refresh_from_db()
    assert alert.said == "pypi.org antwortete mit HTTP 503.", "those of older sites as far as they are known"


@pytest.mark.django_db
def test_why_a_job_failed_is_read_in_the_own_language(staff, client, german):
    staff.language = "de"
    staff.save()
    client.force_login(staff)
    job = Job.objects.create(
        kind="part.fetch", title="Fetch", is_engine=True, status="failed", ended_at=timezone.now(), failure_code="x",
        failure_reason="Pose could not be fetched. pypi.org answered HTTP 503.",
    )  # fmt: skip
    assert "Pose konnte nicht geholt werden" in client.get(reverse("mlops:job", args=[job.pk])).content.decode()


def _library_texts():
    """Every text of the library, with ␟ where an f-string has a value."""
    for path in Path("mlops/ml").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(one.value if isinstance(one, ast.Constant) else "␟" for one in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_the_library_still_says_so():
    """A sentence that was reworded in the library would be shown in English without anybody noticing."""
    texts = "\n".join(_library_texts())
    gone = []
    for sentence in library_words.LIBRARY:
        pieces = [re.escape(one) for one in re.split(r"%\(\w+\)s", sentence)]
        if not re.search("[^\n]*".join(pieces), texts):
            gone.append(sentence)
    # composed from two texts, or said by a service
    allowed = {
        one for one in gone
        if one.startswith(("In the offline copy", "From its package", "From the hub", "We tried", "%(name)s from"))
        or one == "%(host)s answered HTTP %(code)s"
    }  # fmt: skip
    assert [one for one in gone if one not in allowed] == []


def test_all_are_registered_and_tell_apart():
    assert set(said.registered()) >= set(library_words.SENTENCES)
    for sentence in library_words.SENTENCES:
        text = re.sub(r"%\((\w+)\)s", "7", sentence)
        first = next(one for one, form in said._known() if form.fullmatch(text))
        assert first == sentence, f"{first!r} hides {sentence!r}"


def test_a_picture_without_a_body_says_what_to_do():
    from mlops.serving.services.parts import part_nothing

    assert part_nothing("pose-lite") == part_nothing("pose-heavy")
    assert part_nothing("pose-full").startswith("No body found in this picture. Use ")
    assert "hands" in part_nothing("hands")
    assert part_nothing("whisper-tiny.en") == ""
