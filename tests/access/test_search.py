"""Searching finds what a person may open, and nothing of strangers."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Consent
from sessions.models import Recording, SpanState, WorkoutSession
from tests.access.rows import IDENTITIES
from tests.people import make_user
from web.registries import search as registry
from web.selectors.search import MAX_CHARS, asked_words, search

pytestmark = pytest.mark.django_db
WORDS = ("owner", "legs", "flextail", "own", "world", "dummy", "v1", "squat", "example", "s", "00000000")


def links_found(user, words: str) -> set[str]:
    return {hit.url for group in search(user, asked_words(words)) for hit in group.hits}


@pytest.fixture
def own_things(world) -> set[str]:
    """Pages of the owner's life."""
    return {
        reverse("workouts:athlete", args=[world.athlete.pk]), reverse("workouts:workout", args=[world.session.pk]),
        reverse("workouts:recording", args=[world.recording.pk]),
    }  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("identity", ["other_coach", "other_athlete", "staff", "administrator"])
def test_strangers_never_find_an_athlete_a_workout_or_a_recording(world, own_things, identity, words):
    assert links_found(world.user(identity), words).isdisjoint(own_things)
    client = Client()
    client.force_login(world.user(identity))
    page = client.get(reverse("web:search"), {"q": words}).content.decode()
    assert [link for link in own_things if link in page] == []
    assert "Legs" not in page


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("identity", ["owner", "coach", "other_coach", "other_athlete"])
def test_people_who_train_find_nothing_of_the_engine(world, identity, words):
    engine = (reverse("mlops:board"), reverse("workouts:samples"), "/ml/")
    assert not [link for link in links_found(world.user(identity), words) if link.startswith(engine)]


def test_the_owner_finds_their_workout_and_recording(world, own_things):
    assert links_found(world.user("owner"), "legs") >= own_things - {
        reverse("workouts:athlete", args=[world.athlete.pk])
    }


def test_a_recording_is_found_by_its_labels_but_not_by_rejected_ones(world):
    page = reverse("workouts:recording", args=[world.recording.pk])
    assert page in links_found(world.user("owner"), "squat")
    world.recording.spans.update(state=SpanState.REJECTED)
    assert page not in links_found(world.user("owner"), "squat")


def test_a_coach_finds_who_shares_their_training_until_they_no_longer_do(world, own_things):
    assert links_found(world.user("coach"), "owner") >= own_things
    Consent.objects.filter(athlete=world.athlete, team=world.team).update(withdrawn_at=timezone.now())
    assert links_found(world.user("coach"), "owner").isdisjoint(own_things)


def test_staff_find_a_sample_by_its_pseudonym_and_never_by_its_person(world):
    label = reverse("workouts:label", args=[world.recording.pk])
    assert label in links_found(world.user("staff"), world.athlete.pseudonym)
    for words in ("owner", "legs", "example.org"):
        assert label not in links_found(world.user("staff"), words)
    assert label not in links_found(world.user("administrator"), world.athlete.pseudonym)


def test_staff_find_tasks_versions_runs_and_datasets(world):
    staff = world.user("staff")
    links = links_found(staff, "world")
    for view, row in (("version", world.version), ("run", world.run), ("dataset", world.dataset)):
        assert reverse(f"mlops:{view}", args=[row.pk]) in links
    assert reverse("mlops:task", args=["world-task"]) in links
    assert reverse("mlops:version", args=[world.version.pk]) in links_found(staff, "world v1")
    assert reverse("mlops:version", args=[world.version.pk]) not in links_found(staff, "world v2")
    assert reverse("mlops:dataset", args=[world.dataset.pk]) in links_found(staff, "000000")
    assert reverse("mlops:run", args=[world.run.pk]) in links_found(staff, "dummy")


def test_only_administrators_find_accounts(world):
    page = reverse("admin:accounts_user_change", args=[world.user("owner").pk])
    for identity in IDENTITIES:
        if world.user(identity) is not None:
            assert (page in links_found(world.user(identity), "owner@example.org")) == (identity == "administrator")


def test_everybody_finds_their_settings_and_the_pages_of_their_role(world):
    for identity in ("owner", "coach", "staff", "administrator"):
        assert reverse("accounts:data") in links_found(world.user(identity), "erase")
    assert reverse("workouts:live") in links_found(world.user("owner"), "LIVE")
    assert reverse("mlops:board") in links_found(world.user("staff"), "models")


def test_no_group_is_long_and_no_source_asks_more_than_once(world, django_assert_max_num_queries):
    for number in range(20):
        session = WorkoutSession.objects.create(
            athlete=world.athlete, title=f"Legs {number} " + "x" * 100, started_at=timezone.now()
        )
        Recording.objects.create(session=session, layout=world.layout, source="import", started_at=timezone.now())
    for identity in ("owner", "coach", "staff", "administrator"):
        with django_assert_max_num_queries(len(registry.sources())):
            groups = search(world.user(identity), ["leg"])
        assert all(0 < len(group.hits) <= 5 for group in groups)
        assert all(len(hit.title) <= 120 for group in groups for hit in group.hits)


def test_what_is_asked_is_kept_short_and_printable():
    assert asked_words("  a\x00b \n c ") == ["a", "b", "c"]
    assert len(asked_words("x " * 500)) == 6
    assert len("".join(asked_words("x" * 5000))) == MAX_CHARS


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", '"><script>', "x" * 3000, "\x00", "v99999999999999"])
def test_strange_words_find_nothing_and_break_nothing(client, words):
    client.force_login(make_user("curious"))
    response = client.get(reverse("web:search"), {"q": f"zz{words}"})
    assert response.status_code == 200
    assert b"<script>" not in response.content.replace(b"<script src", b"").replace(b"<script defer", b"").replace(
        b"<script type", b""
    )


def test_nothing_found_is_said(client):
    client.force_login(make_user("alone"))
    page = client.get(reverse("web:search"), {"q": "zzzz"})
    assert "Nothing that you may see holds “zzzz”." in page.content.decode()
    assert "Type at least two letters." in client.get(reverse("web:search"), {"q": "z"}).content.decode()


def test_htmx_gets_the_part_and_everybody_else_the_page(client):
    client.force_login(make_user("both"))
    page = client.get(reverse("web:search"), {"q": "live"})
    part = client.get(reverse("web:search"), {"q": "live"}, headers={"HX-Request": "true"})
    assert "<html" in page.content.decode()
    assert "<html" not in part.content.decode()
    assert 'role="option"' in part.content.decode()
    assert "HX-Request" in page.headers["Vary"]


def test_nobody_is_asked_to_sign_in_and_sees_no_search():
    client = Client()
    assert client.get(reverse("web:search"), {"q": "owner"}).status_code == 302
    assert "data-search-open" not in client.get("/").content.decode()
