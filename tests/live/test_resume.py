"""Coming back after minutes or a day: nothing lost, nothing twice, whatever was closed meanwhile."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from mlops.models import Job
from sessions.live.services.store import stream_store
from sessions.live.services.streams import stream_finish, stream_open, stream_resume, streams_close_stale
from sessions.live.services.takes import stream_takes_set
from sessions.models import LiveStream, Recording, Span, StreamChunk, StreamState
from tests.live.tiny import movement
from tests.live.wire import Wire, headers_for, live_test

HELLO = {"layout": "flextail", "rate_hz": 50}
DAY_S = 24 * 3600.0


async def connect(stage, **hello):
    wire = Wire(stage.path, await sync_to_async(headers_for)(stage.user))
    await wire.__aenter__()
    await wire.send("hello", {**HELLO, **hello})
    return wire, await wire.hear("hello")


async def send(wire, first, last, t, x, *, n=50):
    for seq in range(first, last + 1):
        await wire.send_samples(seq, t[seq * n : seq * n + n], x[seq * n : seq * n + n])
        assert (await wire.hear("ack"))["seq"] == seq


def silent_for(hours: float) -> None:
    """As if the streams had begun, and been heard of last, so long ago."""
    ago = timedelta(hours=hours)
    for stream in LiveStream.objects.all():
        LiveStream.objects.filter(pk=stream.pk).update(
            seen_at=stream.seen_at - ago, started_at=stream.started_at - ago
        )


def store_all() -> None:
    for stream in LiveStream.objects.filter(state=StreamState.FINISHED).select_related("layout", "session"):
        stream_store(stream=stream, commit=transaction.atomic, on_step=lambda *_: None, done=lambda _: None)


@live_test
async def test_a_stream_closed_while_its_sender_was_away_goes_on_in_another(stage):
    t, x = movement(20.0)
    t = t + 500.0
    wire, hello = await connect(stage)
    await send(wire, 0, 1, t, x)
    await wire.__aexit__()
    await sync_to_async(silent_for)(24)
    assert await sync_to_async(streams_close_stale)() == 1
    await sync_to_async(store_all)()
    assert not await StreamChunk.objects.aexists()

    wire, again = await connect(stage, stream=hello["stream"])
    assert again["continues"] == hello["stream"] != again["stream"]
    assert again["last_seq"] == 1, "what is stored as a recording is not asked for again"
    late = t + DAY_S
    await wire.send_samples(1, t[50:100], x[50:100])
    assert (await wire.hear("ack", "bad_sample"))["seq"] == 1
    await send(wire, 2, 5, late, x)
    await wire.send("finish", {})
    assert (await wire.hear("finished"))["job"]
    await sync_to_async(store_all)()
    first, second = [one async for one in Recording.objects.order_by("started_at")]
    assert (first.n_samples, second.n_samples) == (100, 200)
    apart_s = (second.started_at - first.started_at).total_seconds()
    assert apart_s == pytest.approx(DAY_S + 2.0, abs=0.1), "the second began when its first sample was taken"


@live_test
async def test_takes_of_a_guided_series_reach_every_part(stage):
    t, x = movement(12.0)
    wire, hello = await connect(stage, rate_hz=500)
    await send(wire, 0, 3, t, x)
    await wire.__aexit__()
    await sync_to_async(silent_for)(1)
    await sync_to_async(streams_close_stale)()
    await sync_to_async(store_all)()
    wire, again = await connect(stage, stream=hello["stream"])
    await send(wire, 4, 9, t, x)
    takes = [
        {"start_s": 0.5, "end_s": 3.0, "label": "squat"}, {"start_s": 3.5, "end_s": 5.5, "label": "row"},
        {"start_s": 6.0, "end_s": 9.0, "label": "other"},
    ]
    second = await LiveStream.objects.aget(pk=again["stream"])
    await sync_to_async(stream_takes_set)(stream=second, takes=takes, by=stage.user)
    await wire.send("finish", {})
    await wire.hear("finished")
    await sync_to_async(store_all)()
    spans = [
        (span.recording_id == second.pk, span.label, round(span.start_s, 2), round(span.end_s, 2))
        async for span in Span.objects.order_by("recording__started_at", "start_s")
    ]
    assert spans == [
        (False, "squat", 0.5, 3.0), (False, "row", 3.5, 3.98), (True, "row", 0.0, 1.5), (True, "other", 2.0, 5.0),
    ]


@live_test
async def test_asking_again_finds_the_same_following_stream(stage):
    t, x = movement(4.0)
    wire, hello = await connect(stage)
    await send(wire, 0, 0, t, x)
    await wire.__aexit__()
    await sync_to_async(silent_for)(1)
    await sync_to_async(streams_close_stale)()
    wire, second = await connect(stage, stream=hello["stream"])
    await wire.__aexit__()
    wire, third = await connect(stage, stream=hello["stream"])
    assert third["stream"] == second["stream"]
    await send(wire, 1, 1, t, x)
    await wire.__aexit__()
    wire, fourth = await connect(stage, stream=hello["stream"])
    assert (fourth["stream"], fourth["last_seq"]) == (second["stream"], 1)
    assert await LiveStream.objects.acount() == 2


@live_test
async def test_a_finish_whose_answer_was_lost_gives_the_same_job(stage):
    t, x = movement(2.0)
    wire, hello = await connect(stage)
    await send(wire, 0, 1, t, x)
    await wire.send("finish", {})
    job = (await wire.hear("finished"))["job"]
    for _ in range(2):
        wire, _ = await connect(stage, stream=hello["stream"])
        await wire.send("finish", {})
        assert (await wire.hear("finished"))["job"] == job
        await sync_to_async(store_all)()
    assert await Job.objects.acount() == 1
    assert await Recording.objects.acount() == 1


@live_test
async def test_an_empty_stream_that_went_is_begun_anew(stage):
    wire, hello = await connect(stage)
    await wire.__aexit__()
    await sync_to_async(silent_for)(1)
    await sync_to_async(streams_close_stale)()
    wire = Wire(stage.path, await sync_to_async(headers_for)(stage.user))
    await wire.__aenter__()
    await wire.send("hello", {**HELLO, "stream": hello["stream"]})
    assert (await wire.hear("error"))["code"] == "unknown_stream"
    assert await wire.hear_close() == 4404


@live_test
async def test_a_stream_that_began_without_a_connection_may_be_caught_up_with(stage):
    t, x = movement(300.0)
    wire, hello = await connect(stage, age_s=300.0)
    limits = hello["limits"]
    assert limits["catch_up_samples"] == pytest.approx(15_000, rel=0.01)
    for seq in range(6):  # 1,500 samples at once: thirty seconds of a 50 Hz sensor
        await wire.send_samples(seq, t[seq * 250 : seq * 250 + 250], x[seq * 250 : seq * 250 + 250])
        assert (await wire.hear("ack", "bad_sample")) == {"seq": seq}
    await wire.send_samples(6, t[-250:], x[-250:])
    assert (await wire.hear("ack", "bad_sample")) == {"seq": 6}, "five minutes ahead of the first is not the future"
    stream = await LiveStream.objects.aget()
    assert (timezone.now() - stream.started_at).total_seconds() == pytest.approx(300.0, abs=10)


@live_test
async def test_a_stream_closed_under_its_sender_is_to_be_tried_again(stage):
    t, x = movement(4.0)
    wire, hello = await connect(stage)
    await send(wire, 0, 0, t, x)
    stream = await LiveStream.objects.aget()
    await sync_to_async(stream_finish)(stream=stream)
    await wire.send_samples(1, t[50:100], x[50:100])
    assert await wire.hear_close() == 1013
    wire, again = await connect(stage, stream=hello["stream"])
    assert again["last_seq"] == 0
    await send(wire, 1, 2, t, x)


@live_test
async def test_an_age_must_be_believable(stage):
    for age in (-1, 8 * DAY_S, "old", True, float("nan")):
        wire = Wire(stage.path, await sync_to_async(headers_for)(stage.user))
        await wire.__aenter__()
        await wire.send("hello", {**HELLO, "age_s": age})
        assert (await wire.hear("error"))["code"] == "bad_hello"


def test_the_sweeper_leaves_a_stream_that_came_back_meanwhile(stage):
    from sessions.models import SensorLayout

    layout = SensorLayout.objects.get(key="flextail")
    stream = stream_open(session=stage.session, layout=layout, task_name="", rate_hz=50).stream
    silent_for(1)
    stream.refresh_from_db()
    stream_resume(session=stage.session, pk=stream.pk)
    assert stream_finish(stream=stream, silent_since=timezone.now() - timedelta(minutes=3)) is None
    stream.refresh_from_db()
    assert stream.state == StreamState.OPEN
