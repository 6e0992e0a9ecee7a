"""What the page of a video asks for: channels, points and boxes, labels, and "reviewed"."""

from __future__ import annotations

import pytest

from sessions.models import VideoSpan
from sessions.video.services.shelf import SiteShelf
from tests.video.clips import N_FRAMES
from tests.video.conftest import make_features

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(video):
    return f"/api/v1/videos/{video.pk}/"


def test_channels_come_whole_and_thinned_out(root, features, api, athlete_user):
    client = api(athlete_user)
    told = client.get(f"{root}envelope/").json()
    assert told["extent"] == [0, 4.0]
    assert len(told["t"]) == N_FRAMES
    assert "Left knee" in [one["name"] for one in told["series"]]
    knee = told["series"][0]
    assert knee["unit"] == "°"
    assert knee["values"][10:15] == [None] * 5
    few = client.get(f"{root}envelope/?max_points=10").json()
    assert len(few["t"]) == 10
    assert few["series"][0]["min"][0] < few["series"][0]["max"][0]
    part = client.get(f"{root}envelope/?start_s=1&end_s=2").json()
    assert (part["t"][0], len(part["t"])) == (1.0, 15)


def test_points_and_boxes_of_a_stretch(root, features, api, athlete_user):
    client = api(athlete_user)
    told = client.get(f"{root}poses/?start_s=0&end_s=2").json()
    assert (told["every"], [one["frame"] for one in told["frames"]]) == (1, list(range(30)))
    assert told["frames"][12]["pose"] is None
    assert len(told["frames"][0]["pose"]) == 33
    assert told["frames"][0]["pose"][27] == [0.57, 1.25, 0.9]
    assert told["frames"][0]["boxes"] == [[0.1, 0.1, 0.3, 0.4, "kettlebell", 0.75]]
    few = client.get(f"{root}poses/?max_frames=7").json()
    assert (few["every"], len(few["frames"])) == (9, 7)
    assert client.get(f"{root}poses/?features=other.parquet").status_code == 404


def test_another_feature_file_can_be_chosen(root, features, video, api, athlete_user, browse):
    make_features(video, "half_features.parquet", every=2)
    client = api(athlete_user)
    assert len(client.get(f"{root}envelope/").json()["t"]) == N_FRAMES // 2
    assert len(client.get(f"{root}envelope/?features={features.name}").json()["t"]) == N_FRAMES
    page = browse(athlete_user).get(f"/videos/{video.pk}/?features={features.name}").content.decode()
    assert f"envelope/?features={features.name}" in page


def test_damaged_features_are_said(root, features, api, athlete_user, settings):
    (settings.MEDIA_ROOT / features.file).write_bytes(b"PAR1")
    for what in ("envelope", "poses"):
        assert api(athlete_user).get(f"{root}{what}/").json()["code"] == "unreadable_features"


def test_labels_are_made_moved_and_decided(root, video, api, athlete_user):
    client = api(athlete_user)
    made = client.post(f"{root}spans/", {"start_s": 0.5, "end_s": 1.5, "label": "squat"}, format="json")
    assert made.status_code == 201
    where = f"{root}spans/{made.json()['id']}/"
    moved = client.patch(where, {"end_s": 99}, format="json", headers={"If-Match": made["ETag"]})
    assert moved.json()["end_s"] == video.duration_s
    assert client.patch(where, {"label": "x"}, format="json", headers={"If-Match": made["ETag"]}).status_code == 412
    VideoSpan.objects.create(video=video, start_s=2, end_s=3, label="row", state="proposed")
    assert client.post(f"{root}spans/decide/", {"state": "rejected"}, format="json").json() == {"changed": 1}
    assert [one["state"] for one in client.get(f"{root}spans/").json()] == ["confirmed", "rejected"]
    assert client.delete(where).status_code == 204


def test_reviewed_and_empty_is_not_the_same_as_not_done(root, video, api, browse, athlete_user):
    page = browse(athlete_user)
    assert "Reviewed, nothing in it" not in page.get("/videos/").content.decode()
    assert api(athlete_user).post(f"{root}review/", {"reviewed": True}, format="json").json()["reviewed_at"]
    assert "Reviewed, nothing in it" in page.get("/videos/").content.decode()


def test_models_learn_from_what_is_labelled_here(video, features, athlete):
    from accounts.models import Consent, ConsentKind, LearningScope

    VideoSpan.objects.create(video=video, start_s=0, end_s=1.5, label="squat")
    VideoSpan.objects.create(video=video, start_s=2, end_s=3, label="row", state="proposed")
    assert not SiteShelf().teaching()
    Consent.objects.create(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR)
    (told,) = SiteShelf().teaching()
    assert (told.owner, told.spans, told.seconds) == (athlete.pseudonym, [(0, 1.5, "squat")], {"squat": 1.5})
    assert SiteShelf().get_for(user=athlete.user, key=features.pk.hex) == told


def test_what_a_reviewer_decides_becomes_a_label(video, features, athlete, staff_user):
    from types import SimpleNamespace

    from accounts.models import Consent, ConsentKind, LearningScope

    Consent.objects.create(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR)
    shelf = SiteShelf()
    version = SimpleNamespace(number=3)
    said = SimpleNamespace(
        source=features.pk, athlete_id=athlete.pk, start_s=0.5, end_s=1.5, is_right=False, label="row",
        answered="squat", confidence=0.9, by=athlete.user, task=SimpleNamespace(name="t"), version=version,
    )  # fmt: skip
    proposed = shelf.correct(said)
    (waiting,) = shelf.proposals(["row"])
    assert (waiting.span, waiting.source, waiting.version_number) == (proposed.pk, features.pk, "3")
    assert shelf.corrected(["row"]) == ([], [features.pk.hex])
    item = SimpleNamespace(
        source=features.pk, span=proposed.pk, start_s=0.5, end_s=1.5, label="row", said={}, version=version
    )
    assert "Video, 0.5 to 1.5 s" in shelf.media(item).caption
    shelf.decide(item, action="confirm", label="", by=staff_user)
    assert shelf.settled([proposed.pk]) == {proposed.pk}
    assert shelf.corrected(["row"]) == ([features.pk.hex], [])
    item.span = None
    shelf.decide(item, action="empty", label="", by=staff_user)
    assert [one.state for one in video.spans.order_by("created_at")] == ["confirmed", "reviewed_empty"]
    video.reviewed_at = video.created_at
    assert shelf.unlabelled()
    video.save()
    assert not shelf.unlabelled()
    assert shelf.correct(SimpleNamespace(**vars(said) | {"athlete_id": None})) is None
