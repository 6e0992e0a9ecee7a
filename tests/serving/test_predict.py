"""Asking a served model: windows, samples, recordings, batches; who answers; what is kept of it."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Consent
from accounts.services.tokens import token_create
from mlops.ml.abstention import Guard
from mlops.ml.scoring import OnnxScorer
from mlops.ml.windows import sliding_windows
from mlops.models import AliasName, Feedback, ModelAlias, Prediction
from mlops.registry.services.artifacts import artifact_path
from mlops.serving.services.batching import MicroBatcher
from mlops.serving.services.log import log_write, predictions_trim
from mlops.serving.services.versions import ab_bucket, arms, scorer_of, serving_forget
from sessions.live.services.model import live_model_find
from sessions.models import Span
from tests.live.tiny import LABELS, make_version, movement, promote

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client: Any, task: Any) -> Any:
    def send(user: Any, body: Any, *, what: str = "task-predict") -> Any:
        client.force_login(user)
        url = reverse(f"mlops_api:{what}", args=[task.name])
        return client.post(url, body, content_type="application/json")

    return send


def test_windows_are_answered_as_the_model_answers(ask, version, athlete):
    windows = sliding_windows(movement(10)[1], 150, 50)
    answer = ask(athlete.user, {"windows": windows.tolist()}).json()
    expected = OnnxScorer.open(artifact_path(version)).score_raw(np.asarray(windows, np.float64))
    assert (answer["model"], answer["version"], answer["arm"]) == ("exercise", 1, "champion")
    assert answer["window"] == {"length": 150, "rate_hz": 50.0, "stride": 50}
    for entry, row in zip(answer["predictions"], expected, strict=True):
        scores = [one["score"] for one in entry["scores"]]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] == pytest.approx(float(row.max()), abs=1e-6)


def test_both_doors_withhold_the_same_windows(ask, task, athlete):
    """The same windows live and through the API: one guard, one threshold, one decision for each."""
    known = sliding_windows(movement(60)[1], 150, 50)
    y = np.arange(len(known)) % len(LABELS)
    guard = Guard.fit(known, y, known, y, len(LABELS))
    promote(make_version(task, abstain_below=0.34, guard=guard.to_json()))
    windows = np.concatenate([known[:6], 40 * known[:6], np.zeros_like(known[:2])])
    live = [said for _, said in live_model_find(task.name).answer(np.asarray(windows, np.float64))]
    asked = ask(athlete.user, {"windows": windows.tolist()}).json()["predictions"]
    assert [(one["abstained"], one["reason"]) for one in asked] == [(said.abstained, said.reason) for said in live]
    assert {said.reason for said in live} >= {"", "unlike"}


def test_a_recording_gives_the_windows_of_its_samples(ask, version, athlete, new_recording):
    recording = new_recording(athlete, seconds=12)
    t, samples = movement(12)
    by_id = ask(athlete.user, {"recording": str(recording.pk)}).json()["predictions"]
    by_samples = ask(athlete.user, {"samples": samples.tolist(), "t_s": t.tolist()}).json()["predictions"]
    assert len(by_id) == len(by_samples) == 10
    for one, other in zip(by_id, by_samples, strict=True):
        assert one["start_s"] == other["start_s"]
        assert one["scores"][0]["score"] == pytest.approx(other["scores"][0]["score"], abs=1e-4)


def test_a_batch_answers_each_question(ask, version, athlete):
    window = movement(3)[1].tolist()
    answer = ask(athlete.user, {"batch": [{"windows": [window]}, {"windows": [window, window]}]}).json()
    assert [len(one["predictions"]) for one in answer["results"]] == [1, 2]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"windows": [], "samples": []},
        {"windows": [[[1, 2], [3, 4]]]},
        {"windows": "x"},
        {"samples": [[0] * 5] * 20, "rate_hz": 50},
        {"samples": [[0] * 5] * 200},
        {"samples": [[0] * 4] * 200, "rate_hz": 50},
        {"samples": [[0] * 5] * 200, "rate_hz": 50, "channels": ["a", "b", "c", "d", "e"]},
        {"samples": [[0] * 5] * 200, "t_s": [0] * 200},
        {"samples": [[0] * 5] * 200, "t_s": [i * 400 for i in range(200)]},
        {"windows": [], "athlete": 1},
        {"batch": []},
        {"batch": [1]},
        [],
    ],
)
def test_bad_questions_are_refused(ask, version, athlete, body):
    assert ask(athlete.user, body).status_code == 400


def test_without_a_champion_there_is_no_answer(ask, task, athlete):
    assert ask(athlete.user, {"windows": [movement(3)[1].tolist()]}).json()["code"] == "no_champion"


def test_a_damaged_champion_is_refused(ask, version, athlete):
    file = artifact_path(version) / "model.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    answer = ask(athlete.user, {"windows": [movement(3)[1].tolist()]})
    assert (answer.status_code, answer.json()["code"]) == (503, "model_unavailable")


@pytest.mark.parametrize(("scopes", "status"), [(["read", "write"], 403), (["predict"], 200)])
def test_a_token_needs_the_right_to_ask(client, version, task, athlete, scopes, status):
    tomorrow = timezone.now() + timedelta(days=1)
    _, secret = token_create(user=athlete.user, name="t", scopes=scopes, expires_at=tomorrow)
    answer = client.post(
        reverse("mlops_api:task-predict", args=[task.name]), {"windows": [movement(3)[1].tolist()]},
        content_type="application/json", headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert answer.status_code == status


def test_too_many_windows_a_minute_are_refused(ask, version, athlete, settings):
    settings.PREDICT_WINDOWS_PER_MINUTE = 3
    body = {"windows": [movement(3)[1].tolist()] * 3}
    answers = [ask(athlete.user, body) for _ in range(3)]  # a new minute may begin once
    assert 429 in [answer.status_code for answer in answers]
    assert "Retry-After" in next(answer for answer in answers if answer.status_code == 429).headers


def test_the_challenger_answers_its_share_and_always_the_same_athletes(ask, version, task, new_athlete):
    second = make_version(task, seed=2, number=2)
    ModelAlias.objects.create(task=task, name=AliasName.CHALLENGER, version=second, traffic_share=0.5)
    serving_forget()
    window = [movement(3)[1].tolist()]
    for number in range(6):
        athlete = new_athlete(f"a{number}")
        expected = 2 if ab_bucket(task.name, athlete.pseudonym) < 0.5 else 1
        assert {ask(athlete.user, {"windows": window}).json()["version"] for _ in range(2)} == {expected}
    shares = [ab_bucket(task.name, f"p{number}") < 0.3 for number in range(2000)]
    assert 0.25 < np.mean(shares) < 0.35


def test_what_is_asked_at_once_shares_a_batch(version, task):
    scorer = scorer_of(arms(task.name).champion)
    batcher = MicroBatcher()
    window = movement(3)[1][None]
    alone = batcher.submit(scorer, window).result(10)
    before = batcher.n_batches
    with batcher._more:  # nobody is scored until all have asked
        futures = [batcher.submit(scorer, window) for _ in range(20)]
    for future in futures:
        np.testing.assert_allclose(future.result(10), alone, atol=1e-6)
    assert batcher.n_batches == before + 1


def test_one_bad_question_does_not_stop_the_batcher(version, task):
    scorer = scorer_of(arms(task.name).champion)
    batcher = MicroBatcher()
    with pytest.raises(Exception, match="windows of"):
        batcher.submit(scorer, np.zeros((1, 3, 3))).result(10)
    assert batcher.submit(scorer, movement(3)[1][None]).result(10).shape == (1, 3)


def test_answers_are_logged_with_raw_statistics_and_only_with_consent(ask, version, athlete, new_athlete):
    silent = new_athlete("kofi", learns=False)
    windows = sliding_windows(movement(5)[1], 150, 50)
    for person in (athlete, silent):
        ask(person.user, {"windows": windows.tolist()})
    assert log_write() == 3
    row = Prediction.objects.order_by("pk").first()
    assert (row.athlete, row.version, row.origin, len(row.statistics)) == (athlete, version, "api", 25)
    means = sorted(row.statistics[0] for row in Prediction.objects.all())
    assert means == pytest.approx(sorted(windows[:, :, 0].mean(axis=1).tolist()), abs=1e-4)


def test_withdrawn_consent_hides_answers_at_once_and_deletes_them(ask, version, athlete, staff):
    ask(athlete.user, {"windows": [movement(3)[1].tolist()]})
    log_write()
    assert Prediction.objects.visible_to(staff).count() == 1
    Consent.objects.update(withdrawn_at="2026-01-01T00:00:00Z")
    assert Prediction.objects.visible_to(staff).count() == 0
    predictions_trim()
    assert Prediction.objects.count() == 0


def test_feedback_binds_to_the_version_and_becomes_a_proposed_label(ask, version, athlete, new_recording):
    recording = new_recording(athlete, seconds=6)
    entry = ask(athlete.user, {"recording": str(recording.pk)}).json()["predictions"][1]
    answered = entry["scores"][0]["label"]
    other = next(label for label in ("squat", "row") if label != answered)
    kept = ask(athlete.user, {"prediction": entry["prediction"], "label": other}, what="task-feedback")
    assert kept.status_code == 201, kept.content
    row = Feedback.objects.get()
    assert (row.version, row.answered, row.label, row.is_right) == (version, answered, other, False)
    span = Span.objects.get(recording_id=recording.pk)
    assert (span.label, span.state, span.start_s, span.end_s) == (other, "proposed", entry["start_s"], entry["end_s"])
    ask(athlete.user, {"prediction": entry["prediction"], "label": answered}, what="task-feedback")
    assert Feedback.objects.get().is_right
    unknown = ask(athlete.user, {"prediction": entry["prediction"], "label": "dance"}, what="task-feedback")
    assert unknown.status_code == 400


def test_nobody_speaks_about_the_answers_of_others(ask, version, athlete, new_athlete):
    entry = ask(athlete.user, {"windows": [movement(3)[1].tolist()]}).json()["predictions"][0]
    word = {"prediction": entry["prediction"], "label": "row"}
    assert ask(new_athlete("kofi").user, word, what="task-feedback").status_code == 404
