"""Live streams: a sample of their answers is kept, corrections bind to the version, A/B is sticky."""

import asyncio
import dataclasses
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from mlops.ml.abstention import NO_CLASS
from mlops.ml.decision import Decision
from mlops.models import AliasName, Feedback, ModelAlias, Prediction
from mlops.serving.services.log import log_write
from mlops.serving.services.versions import serving_forget
from sessions.live.services.answers import GivenAnswer
from sessions.live.services.corrections import stream_correct
from sessions.live.services.feed import LiveFeed
from sessions.live.services.frames import Frame
from sessions.live.services.model import live_arms_find, live_model_find
from sessions.live.services.model_board import ModelBoard
from sessions.live.services.sampling import AnswerSampler
from sessions.models import LiveStream, SensorLayout
from sessions.services.workouts import workout_create
from tests.live.tiny import make_version, movement

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream(athlete: Any, task: Any) -> LiveStream:
    layout = SensorLayout.objects.get(key="flextail", owner=None)
    return LiveStream.objects.create(
        session=workout_create(athlete=athlete, title="Live"), layout=layout, task_name=task.name, rate_hz=50
    )


async def _play(feed: LiveFeed, seconds: float, told: list[Any], n_answers: int) -> None:
    t, samples = movement(seconds)
    for seq in range(0, len(t), 25):
        feed.take(Frame(seq // 25, t[seq : seq + 25], samples[seq : seq + 25]))
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        while sum(event == "classification_result" for event, _ in told) + feed.n_skipped < n_answers:
            await asyncio.sleep(0.01)


def test_one_answer_in_half_a_minute_is_kept(version, stream, athlete, settings):
    settings.PREDICTION_LIVE_EVERY_S = 5.0
    told: list[tuple[str, Any]] = []
    model = live_model_find(stream.task_name)
    feed = LiveFeed(
        stream=stream.pk, channels=stream.layout.channel_names, rate_hz=50,
        post=lambda event, data: told.append((event, data)), model=lambda: model,
    )  # fmt: skip
    feed.sampler = AnswerSampler(stream=stream.pk, athlete_id=athlete.pk)
    async_to_sync(_play)(feed, 13, told, 21)
    answers = [data for event, data in told if event == "classification_result"]
    assert len(answers) > 5
    n = log_write()
    assert 1 <= n <= 3
    row = Prediction.objects.first()
    shown = next(one for one in answers if one["start_s"] == pytest.approx(row.start_s))
    assert (row.source, row.label, row.version, row.athlete) == (stream.pk, shown["exercise"], version, athlete)
    assert len(row.statistics) == 25


def given(decision: Decision, number: int) -> GivenAnswer:
    return GivenAnswer(decision, ("squat", "row", "other"), NO_CLASS, 1.0, 4.0, "exercise", number)


def test_a_correction_is_a_word_about_the_version_that_answered(version, stream, athlete):
    answered = given(Decision("squat", 0.7), version.number)
    for label in ("row", "other"):
        stream_correct(stream=stream, label=label, answered=answered, by=athlete.user)
    row = Feedback.objects.get()
    assert (row.version, row.answered, row.label, row.source, row.origin) == (
        version, "squat", "other", stream.pk, "live",
    )  # fmt: skip


@pytest.mark.parametrize(("label", "is_right"), [("squat", False), ("row", False), ("other", True)])
@pytest.mark.parametrize("reason", ["none", "unsure", "unlike"])
def test_naming_a_class_after_nothing_was_named_is_no_agreement(version, stream, athlete, reason, label, is_right):
    withheld = "other" if reason == "none" else "squat"
    stream_correct(
        stream=stream, label=label, answered=given(Decision(withheld, 0.4, reason), version.number), by=athlete.user
    )
    row = Feedback.objects.get()
    assert (row.answered, row.is_right) == ("", is_right), "nothing was said, whatever class was withheld"
    stream.refresh_from_db()
    (kept,) = stream.corrections
    assert kept["label"] == label, "the recording gets the label as it was given"
    assert kept["answered"] == {
        "label": "", "confidence": 0.4, "model_version": version.number, "model": "exercise", "withheld": withheld,
        "reason": reason,
    }  # fmt: skip


def test_the_log_says_what_the_screen_said(version, stream, athlete, settings):
    settings.PREDICTION_LIVE_EVERY_S = 0.1
    told: list[tuple[str, Any]] = []
    model = live_model_find(stream.task_name)
    unsure = dataclasses.replace(model, decider=dataclasses.replace(model.decider, abstain_below=0.8))
    feed = LiveFeed(
        stream=stream.pk, channels=stream.layout.channel_names, rate_hz=50,
        post=lambda event, data: told.append((event, data)), model=lambda: unsure,
    )  # fmt: skip
    feed.sampler = AnswerSampler(stream=stream.pk, athlete_id=athlete.pk)
    async_to_sync(_play)(feed, 13, told, 21)
    shown = {data["start_s"]: data for event, data in told if event == "classification_result"}
    log_write()
    rows = list(Prediction.objects.all())
    assert {row.abstained for row in rows} == {True, False}
    for row in rows:
        said, remembered = shown[row.start_s], feed.answer_for(row.start_s, row.end_s)
        assert (row.label, row.abstained) == (said["exercise"], said["abstained"])
        assert remembered.decision.reason == said["reason"]
        assert remembered.decision.said == ("" if row.abstained else row.label)


def test_streams_of_the_challengers_share_meet_the_challenger(version, task):
    second = make_version(task, seed=2, number=2)
    ModelAlias.objects.create(task=task, name=AliasName.CHALLENGER, version=second, traffic_share=0.3)
    serving_forget()
    champion, (challenger, share) = live_arms_find(task.name)
    assert (champion.number, challenger.number, share, challenger.arm) == (1, 2, 0.3, "challenger")
    board = ModelBoard()
    board._models[task.name], board._challengers[task.name] = champion, (challenger, share)
    assert [board.now(task.name, b).number for b in (0.1, 0.29, 0.31, 1.0)] == [2, 2, 1, 1]
