"""The page that makes a data set and a model of your own labelled clips, and what the model sees in a clip."""

from __future__ import annotations

import pytest

from mlops.models import Job
from sessions.models import FeatureDataset, FeatureFile, FeatureModel, SpanOrigin, SpanState, VideoSpan
from sessions.video.selectors.features import Channels
from sessions.video.services.label_proposals import _joined, labels_propose
from sessions.video.services.pose_stream import caption
from tests.video.test_backend import made_row

pytestmark = pytest.mark.django_db
PAGE = "/videos/training/"


@pytest.fixture
def client(client, athlete):
    client.force_login(athlete.user)
    return client


def labelled(athlete, n):
    """Features of a generated person; the page counts the labels of the clip."""
    row = made_row(athlete.user, athlete, n)
    VideoSpan.objects.create(video=row.video, start_s=0, end_s=0.01, label="squat")
    VideoSpan.objects.filter(video=row.video).update(end_s=12.5)
    return row


def test_without_features_the_page_says_what_to_do(client):
    page = client.get(PAGE).content.decode()
    assert "No features yet" in page
    assert "Build dataset" not in page


def test_a_page_lists_clips_with_the_seconds_of_their_labels(client, athlete, django_assert_max_num_queries):
    labelled(athlete, 1)
    page = client.get(PAGE).content.decode()
    assert "made1_features.parquet · squat 12.5 s" in page
    for n in range(2, 5):
        labelled(athlete, n)
    with django_assert_max_num_queries(20):
        assert client.get(PAGE).content.decode().count("squat 12.5 s") == 4


def test_dataset_model_and_proposals_from_the_page(client, athlete, run_jobs):
    rows = [made_row(athlete.user, athlete, n) for n in range(4)]
    answer = client.post(PAGE, {
        "step": "build", "files": [row.name for row in rows], "window_sec": "2", "step_sec": "1",
        "balance_method": "downsample",
    }, follow=True)  # fmt: skip
    assert "The dataset is being built." in answer.content.decode()
    dataset = FeatureDataset.objects.get()
    assert (dataset.options["step_sec"], len(dataset.sources)) == (1.0, 4)
    client.post(PAGE, {"step": "train", "dataset": dataset.name, "model_type": "rf", "aggregation": "stats",
                       "n_estimators": "5"})  # fmt: skip
    waiting = client.get(PAGE).content.decode()
    assert waiting.count("In progress") >= 2
    run_jobs()
    run_jobs()
    assert set(Job.objects.values_list("status", "failure_reason")) == {("succeeded", "")}
    model = FeatureModel.objects.get()
    page = client.get(f"{PAGE}{model.name}/").content.decode()
    for words in ("Macro F1", "Confusion matrix", "Feature importance", "generated"):
        assert words in page, words
    picture = client.get(f"{PAGE}{model.name}/feature_importance.png")
    assert b"".join(picture.streaming_content)[:4] == b"\x89PNG"
    assert client.get(f"{PAGE}{model.name}/other.png").status_code == 404
    shown = client.get(f"{PAGE}{model.name}/", {"clip": rows[0].name}).content.decode()
    assert "Propose these labels" in shown
    answer = client.post(f"{PAGE}{model.name}/", {"clip": rows[0].name})
    assert answer.url == f"/videos/{rows[0].video_id}/"
    spans = VideoSpan.objects.filter(video=rows[0].video)
    assert spans
    assert {(one.state, one.origin, one.answered["model"]) for one in spans} == {
        (SpanState.PROPOSED, SpanOrigin.MODEL, model.name)
    }
    n = spans.count()
    client.post(f"{PAGE}{model.name}/", {"clip": rows[0].name})
    assert spans.count() == n, "the second time replaces what nobody touched"


def test_a_confirmed_label_is_not_proposed_over(client, athlete, run_jobs, monkeypatch):
    row = made_row(athlete.user, athlete, 1)
    dataset = FeatureDataset.objects.create(owner=athlete.user)
    model = FeatureModel.objects.create(owner=athlete.user, dataset=dataset, model_type="rf")
    answers = [(0.0, 2.0, "squat", 0.9), (1.0, 3.0, "squat", 0.9), (10.0, 12.0, "row", 0.9), (20.0, 22.0, "row", 0.4)]
    monkeypatch.setattr("sessions.video.services.label_proposals.window_answers", lambda features, model: answers)
    VideoSpan.objects.create(video=row.video, start_s=0, end_s=2.5, label="idle")
    found = labels_propose(video=row.video, features=row, model=model)
    assert (found.n_new, found.n_taken, found.n_unsure) == (1, 1, 1)
    assert list(row.video.spans.filter(state=SpanState.PROPOSED).values_list("label", flat=True)) == ["row"]
    long = FeatureFile(video=row.video, n_frames=1_000_000)
    with pytest.raises(Exception, match="too long"):
        labels_propose(video=row.video, features=long, model=model)


def test_windows_that_overlap_become_stretches_that_do_not():
    found = _joined([(0.0, 2.0, "a", 0.8), (0.5, 2.5, "a", 0.6), (1.0, 3.0, "b", 1.0), (9.0, 11.0, "b", 1.0)])
    seen = [(one.start_s, one.end_s, one.label) for one in found]
    assert seen == [(0.0, 1.75, "a"), (1.75, 3.0, "b"), (9.0, 11.0, "b")]
    assert found[0].confidence == pytest.approx(0.7)


@pytest.mark.parametrize(("field", "value"), [("window_sec", "0"), ("files", "strange"), ("balance_method", "x")])
def test_what_cannot_be_built_is_said_beside_its_field(client, athlete, field, value):
    row = made_row(athlete.user, athlete, 1)
    body = {"step": "build", "files": row.name, "window_sec": "2", "step_sec": "1", "balance_method": "none"}
    answer = client.post(PAGE, body | {field: value})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not FeatureDataset.objects.exists()


def test_a_caption_tells_what_the_picture_shows_and_nothing_else():
    import numpy as np

    unknown = np.array([np.nan])
    def told(**angles):
        values = {f"{side}_{joint}_angle": unknown for side in ("left", "right") for joint in ("knee", "hip", "elbow")}
        return caption(Channels(np.zeros(1), values | {"seen": np.ones(1)} | angles), 0.0)

    assert told(seen=np.zeros(1)) == "Nobody in view."
    assert told() == "A person is in view."
    straight = {"right_knee_angle": np.array([175.0]), "right_hip_angle": np.array([172.0])}
    assert told(**straight) == "A person: standing straight."
    assert told(**straight | {"right_knee_angle": np.array([80.0])}) == "A person: knees folded to 80°."
