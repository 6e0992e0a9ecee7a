"""Live streams: a sample of their answers is kept, corrections bind to the version, A/B is sticky."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from mlops.models import AliasName, Feedback, ModelAlias, Prediction
from mlops.services.prediction_log import log_write
from mlops.services.serving import serving_forget
from sessions.models import LiveStream, SensorLayout
from sessions.services.live_feed import LiveFeed
from sessions.services.live_frames import Frame
from sessions.services.live_models import ModelBoard, live_arms_find, live_model_find
from sessions.services.live_sampling import AnswerSampler
from sessions.services.live_streams import stream_correct
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


def test_a_correction_is_a_word_about_the_version_that_answered(version, stream, athlete):
    answered = {"exercise": "squat", "confidence": 0.7, "version": version.number, "model": "exercise"}
    for label in ("row", "other"):
        stream_correct(stream=stream, start_s=1.0, end_s=4.0, label=label, answered=answered, by=athlete.user)
    row = Feedback.objects.get()
    assert (row.version, row.answered, row.label, row.source, row.origin) == (
        version, "squat", "other", stream.pk, "live",
    )  # fmt: skip


def test_streams_of_the_challengers_share_meet_the_challenger(version, task):
    second = make_version(task, seed=2, number=2)
    ModelAlias.objects.create(task=task, name=AliasName.CHALLENGER, version=second, traffic_share=0.3)
    serving_forget()
    champion, (challenger, share) = live_arms_find(task.name)
    assert (champion.number, challenger.number, share, challenger.arm) == (1, 2, 0.3, "challenger")
    board = ModelBoard()
    board._models[task.name], board._challengers[task.name] = champion, (challenger, share)
    assert [board.now(task.name, b).number for b in (0.1, 0.29, 0.31, 1.0)] == [2, 2, 1, 1]
