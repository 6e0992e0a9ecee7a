"""What a coach's board says of each athlete, and demo athletes who show one."""

import uuid
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.utils import timezone

from accounts.models import CoachScope, ConsentKind, Membership, Role, Team, TeamRole
from accounts.services.consent import consent_grant, consent_withdraw
from mlops.ml.sensors.layouts import HEART_RATE
from mlops.ml.sensors.recording_file import write_recording
from sessions.live.consumers import listening
from sessions.live.services.frames import Frame
from sessions.live.services.on_air import OnAir, board_update
from sessions.models import LiveStream, Recording, SensorLayout
from tests.live.test_replay import make_recording
from tests.live.wire import Wire, headers_for, live_test
from tests.people import make_user

TRAINING = {"kind": ConsentKind.COACH, "scope": CoachScope.TRAINING}
CHECKS = [
    {"code": "clipping", "channel": "acc_x", "severity": "warning", "text": "The acceleration is cut off."},
    {"code": "jitter", "channel": "", "severity": "note", "text": "Uneven."},
]


def on_air(layout="flextail", **fields):
    return OnAir("s", 7, {"layout": layout, "stream": layout}, **fields)


def beat(bpm):
    return Frame(0, np.array([1.0]), np.array([[bpm, 60000 / bpm]], np.float32))


def test_the_sensor_and_the_strap_of_a_workout_are_one_row():
    sensor, strap = on_air(since_at=100.0), on_air("heart_rate", since_at=120.0)
    sensor.said("classification_result", {"exercise": "squat", "confidence": 0.9, "announced": "squat", "rest_s": 0})
    sensor.said("repetitions", {"count": 4, "set": 2, "exercise": "squat"})
    sensor.said("collecting", {"n": 1, "of": 2})
    strap.took(beat(141))
    update = board_update([strap, sensor])
    assert update["announced"] == "squat"
    assert update["repetitions"]["count"] == 4
    assert update["heart_bpm"] == 141
    assert update["since_at"] == 100.0
    assert update["quality"] == "good"
    assert sensor.latest == {"repetitions": {"count": 4, "set": 2, "exercise": "squat"}}


def test_quality_is_said_in_words_and_silence_is_noticed():
    sensor = on_air()
    sensor.said("sensor_check", {"quality": "check", "checks": CHECKS})
    update = board_update([sensor])
    assert update["quality"] == "check"
    assert update["checks"] == ["The acceleration is cut off."], "notes are for the athlete"
    sensor.heard_at -= 30
    assert board_update([sensor])["quality"] == "silent"
    strap = on_air("heart_rate")
    strap.took(beat(90))
    strap.heard_at -= 30
    assert board_update([strap])["heart_bpm"] is None, "an old beat is no heart rate"


@pytest.fixture
def demo_club(stage):
    coach = make_user("coach", role=Role.COACH)
    team = Team.objects.create(name="Demo club", is_demo=True)
    Membership.objects.create(team=team, user=coach, role=TeamRole.COACH)
    Membership.objects.create(team=team, user=stage.user, role=TeamRole.ATHLETE)
    consent_grant(athlete=stage.athlete, team=team, by=stage.user, **TRAINING)
    recording = make_recording(stage.session, seconds=30)
    Recording.objects.filter(pk=recording.pk).update(is_demo=True)
    return SimpleNamespace(coach=coach, team=team, board=f"/ws/teams/{team.pk}/")


@live_test
async def test_demo_athletes_go_live_when_asked_and_store_nothing(stage, demo_club):
    async with Wire(demo_club.board, await sync_to_async(headers_for)(demo_club.coach)) as board:
        await board.send("show_demo", {"on": True})
        update = {"exercise": None}
        while update["exercise"] is None or update["heart_bpm"] is None:
            update = (await board.hear("board"))["updates"][0]
        assert update["generated"] is True
        assert update["athlete"] == stage.athlete.pk
        await board.send("show_demo", {"on": False})
        while update["live"]:
            update = (await board.hear("board"))["updates"][0]
    assert not await LiveStream.objects.aexists()


class Flaky:
    """A channel layer that is away for the first calls."""

    def __init__(self, layer, n_away):
        self.layer, self.n_away = layer, n_away

    def __getattr__(self, name):
        return getattr(self.layer, name)

    async def group_add(self, group, channel):
        self.n_away -= 1
        if self.n_away >= 0:
            raise ConnectionError("away")
        await self.layer.group_add(group, channel)


@live_test
async def test_a_board_says_that_it_stands_still_and_when_it_goes_on(stage, demo_club, monkeypatch):
    flaky = Flaky(get_channel_layer(), 2)
    monkeypatch.setattr(listening, "get_channel_layer", lambda: flaky)
    monkeypatch.setattr(listening, "AGAIN_AFTER_S", 0.01)
    async with Wire(demo_club.board, await sync_to_async(headers_for)(demo_club.coach)) as board:
        assert await board.hear("board_state") == {"up": False}
        assert await board.hear("board_state") == {"up": True}


@live_test
async def test_a_demo_athlete_without_consent_stays_away(stage, demo_club):
    await sync_to_async(consent_withdraw)(athlete=stage.athlete, team=demo_club.team, by=stage.user, **TRAINING)
    async with Wire(demo_club.board, await sync_to_async(headers_for)(demo_club.coach)) as board:
        await board.send("show_demo", {"on": True})
        assert await board.socket.receive_nothing(timeout=1.0)


def test_the_heart_rate_of_a_workout_is_on_its_page(stage, client):
    pk = uuid.uuid4()
    path = Path(settings.MEDIA_ROOT) / f"recordings/{pk}/samples.parquet"
    path.parent.mkdir(parents=True)
    t = np.arange(0, 90, 0.5)
    bpm = np.where(t < 60, 120.0, 150.0)
    facts = write_recording(path, HEART_RATE, [(t, np.column_stack([bpm, np.full(len(t), 500.0)]).astype(np.float32))])
    Recording.objects.create(
        pk=pk, session=stage.session, layout=SensorLayout.objects.get(key="heart_rate"), source="live",
        file=f"recordings/{pk}/samples.parquet", n_samples=facts.n_samples, duration_s=facts.duration_s, rate_hz=2,
        started_at=timezone.now(),
    )
    client.force_login(stage.user)
    page = client.get(f"/workouts/{stage.session.pk}/").content.decode()
    assert "180 individual beats" in page
    assert '<th scope="row">2</th><td class="num">150</td>' in page
    path.write_bytes(b"damaged")
    assert client.get(f"/workouts/{stage.session.pk}/").status_code == 200
