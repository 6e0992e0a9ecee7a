"""A recording that the server plays: answers and a picture for the browser, corrections for the recording."""

import uuid
from pathlib import Path

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

from mlops.ml.sensors.layouts import FLEXTAIL
from mlops.ml.sensors.recording_file import write_recording
from sessions.live.services.replay import Replay
from sessions.models import LiveStream, Recording, SensorLayout, StreamChunk, WorkoutSession
from tests.live.tiny import movement
from tests.live.wire import Wire, headers_for, live_test


def make_recording(session, *, seconds=8.0, pause_at=None):
    pk = uuid.uuid4()
    file = f"recordings/{pk}/samples.parquet"
    path = Path(settings.MEDIA_ROOT) / file
    path.parent.mkdir(parents=True)
    t, x = movement(seconds)
    if pause_at is not None:
        t = t + np.where(t >= pause_at, 3600.0, 0.0)
    facts = write_recording(path, FLEXTAIL, [(t, x)])
    return Recording.objects.create(
        pk=pk, session=session, layout=SensorLayout.objects.get(key="flextail"), source="import", file=file,
        n_samples=facts.n_samples, duration_s=facts.duration_s, rate_hz=50.0, started_at=timezone.now(),
    )


@pytest.fixture
def recording(stage):
    return make_recording(stage.session)


def replay_path(stage):
    return f"/ws/replay/{stage.session.pk}/"


@live_test
async def test_the_server_plays_and_a_correction_goes_to_the_recording(stage, recording):
    async with Wire(replay_path(stage), await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", {"recording": str(recording.pk), "speed": 20, "credit": 1000})
        hello = await wire.hear("hello")
        assert hello["model"]["version"] == 1
        answer = await wire.hear("classification_result")
        window = {"start_s": answer["start_s"], "end_s": answer["end_s"]}
        await wire.send("correction", {**window, "label": "row"})
        await wire.hear("corrected")
        done = await wire.hear("finished")
        assert done["job"]
        assert await wire.hear_close() == 1000
        drawn = [t for one in wire.all_of("samples") for t in one["t"]]
        assert drawn == sorted(drawn)
        assert drawn[-1] > 7
    assert await StreamChunk.objects.acount() == 0
    stream = await LiveStream.objects.aget()
    assert stream.replay_of_id == recording.pk
    assert stream.corrections[0]["label"] == "row"


@live_test
async def test_it_pauses_and_stops(stage, recording):
    async with Wire(replay_path(stage), await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", {"recording": str(recording.pk), "from_s": 2})
        await wire.hear("hello")
        first = await wire.hear("samples")
        assert first["t"][0] >= 2
        await wire.send("pause", {"on": True})
        await wire.send("samples", {"seq": 0, "t": [0], "values": [[0] * 5]})
        assert (await wire.hear("bad_sample"))["reason"] == "unknown_event"
        await wire.send("finish", {})
        assert (await wire.hear("finished"))["job"] is None
        assert await wire.hear_close() == 1000
    assert not await LiveStream.objects.aexists()


@live_test
async def test_only_recordings_of_this_workout_and_three_at_a_time(stage, recording):
    other = await WorkoutSession.objects.acreate(athlete=stage.athlete, title="Other", started_at=timezone.now())
    foreign = await sync_to_async(make_recording)(other)
    headers = await sync_to_async(headers_for)(stage.user)
    for given in (str(foreign.pk), "nonsense", None):
        async with Wire(replay_path(stage), headers) as wire:
            await wire.send("hello", {"recording": given})
            assert (await wire.hear("error"))["code"] == "unknown_recording"
    wires = [Wire(replay_path(stage), headers) for _ in range(4)]
    for n, wire in enumerate(wires):
        await wire.__aenter__()
        await wire.send("hello", {"recording": str(recording.pk)})
        if n < 3:
            await wire.hear("hello")
        else:
            assert (await wire.hear("error"))["code"] == "too_many"
    for wire in wires:
        await wire.__aexit__()
    async with Wire(replay_path(stage), headers) as wire:
        await wire.send("hello", {"recording": str(recording.pk)})
        await wire.hear("hello")


@live_test
async def test_a_damaged_file_is_said(stage, recording):
    await sync_to_async((Path(settings.MEDIA_ROOT) / recording.file).write_bytes)(b"PAR1 nonsense")
    async with Wire(replay_path(stage), await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", {"recording": str(recording.pk)})
        assert (await wire.hear("error"))["code"] == "unreadable"
        await wire.hear("finished")


@live_test
async def test_a_long_pause_is_skipped_and_every_sample_comes_once(stage):
    row = await sync_to_async(make_recording)(stage.session, seconds=4, pause_at=2.0)
    replay = Replay(Path(settings.MEDIA_ROOT) / row.file, duration_s=row.duration_s, speed=20)
    t = np.concatenate([frame.t async for frame in replay.frames()])
    assert len(t) == 200
    assert (np.diff(t) > 0).all()
