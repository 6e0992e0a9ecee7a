"""Rest, sets and repetitions over a real socket: told, stored, resumed, kept with the recording."""

from asgiref.sync import sync_to_async

from mlops.ml.sensors.simulate import Bout, random_subject, simulate_session
from mlops.services.serving import serving_forget
from sessions.models import LiveStream, Recording, SensorLayout
from sessions.services.live_sets import SetsWriter, sets_place
from tests.live.wire import Wire, headers_for, live_test

HELLO = {"layout": "flextail", "rate_hz": 1000}


def squats(reps: int = 6):
    made = simulate_session("flextail", (Bout("squat", reps, 14.0),), random_subject(31), seed=2)
    return made.t_s[::2], made.samples[::2]  # 25 samples a second, so that the test stays below the limit


async def send_all(wire, t, x, *, seq: int = 0, n: int = 200):
    for at in range(0, len(t), n):
        await wire.send_samples(seq, t[at : at + n], x[at : at + n])
        await wire.hear("ack")
        seq += 1
    return seq


@live_test
async def test_repetitions_and_rest_without_a_model(stage):
    await stage.task.aliases.all().adelete()
    serving_forget()
    t, x = squats()
    async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", HELLO)
        assert (await wire.hear("hello"))["sets"] == []
        await send_all(wire, t, x)
        told = wire.all_of("repetitions")
        assert [one["count"] for one in told] == sorted(one["count"] for one in told)
        assert (told[-1]["count"], told[-1]["set"], told[-1]["exercise"]) == (6, 1, None)
        assert told[-1]["end_s"] is not None, "rest ends a set"
        assert wire.all_of("rest")[-1]["resting"] is True


@live_test
async def test_sets_survive_a_cut(stage):
    await stage.task.aliases.all().adelete()
    serving_forget()
    t, x = squats(8)
    half = len(t) // 2
    headers = await sync_to_async(headers_for)(stage.user)
    async with Wire(stage.path, headers) as wire:
        await wire.send("hello", HELLO)
        stream = (await wire.hear("hello"))["stream"]
        seq = await send_all(wire, t[:half], x[:half])
        before = wire.all_of("repetitions")[-1]["count"]
        assert 0 < before < 8
    await SetsWriter.here().flush()
    async with Wire(stage.path, headers) as wire:
        await wire.send("hello", {**HELLO, "stream": stream})
        (resumed,) = (await wire.hear("hello"))["sets"]
        assert resumed["count"] == before
        await send_all(wire, t[half:], x[half:], seq=seq)
        last = wire.all_of("repetitions")[-1]
        assert (last["count"], last["set"]) == (8, 1), "counted on, not from nought"
        await wire.send("finish", {})
        await wire.hear("finished")
        await wire.hear_close()
    row = await LiveStream.objects.aget(pk=stream)
    assert [one["count"] for one in row.sets] == [8]


@live_test
async def test_every_answer_says_what_to_announce(stage):
    t, x = squats()
    async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", HELLO)
        await wire.hear("hello")
        await send_all(wire, t, x, n=25)
        answers = wire.all_of("classification_result")
    assert all({"announced", "rest", "rest_s"} <= set(one) for one in answers)
    steady = [one["announced"] for one in answers if one["announced"] not in (None, "rest")]
    raw = [one["exercise"] for one in answers]
    assert set(steady) <= set(raw)


def test_sets_are_kept_in_seconds_of_the_recording(stage):
    recording = Recording.objects.create(
        session=stage.session, layout=SensorLayout.objects.get(key="flextail"), source="live", file="x",
        duration_s=20.0, started_at=stage.session.started_at,
    )
    going_on = {
        "exercise": "squat", "start_s": 1003.0, "last_s": 1015.0, "end_s": None, "count": 2, "times": [1008.0, 1014.0]
    }
    sets_place(sets=[going_on], recording=recording, t0=1000.0)
    recording.refresh_from_db()
    kept = {"exercise": "squat", "start_s": 3.0, "end_s": 15.0, "count": 2, "times": [8.0, 14.0]}
    assert recording.sets == [kept]
    sets_place(sets=[{**going_on, "count": 9}], recording=recording, t0=1000.0)
    assert recording.sets == [kept], "a replay does not count again"
