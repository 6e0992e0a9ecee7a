"""Rest, sets and repetitions over a real socket: told, stored, resumed, kept with the recording."""

from pathlib import Path

from asgiref.sync import sync_to_async

from mlops.ml.sensors.layouts import FLEXTAIL
from mlops.ml.sensors.recording_file import write_recording
from mlops.ml.sensors.simulate import Bout, random_subject, simulate_session
from mlops.serving.services.versions import serving_forget
from sessions.live.services.sets import SetsWriter, sets_place
from sessions.models import LiveStream, Recording, SensorBaseline, SensorLayout
from sessions.services.baselines import baseline_find, baseline_learn
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


def test_the_workout_page_and_the_api_show_sets(stage, client):
    sets = [
        {"exercise": "squat", "start_s": 3.0, "end_s": 75.0, "count": 8, "times": []},
        {"exercise": "plank", "start_s": 90.0, "end_s": 120.0, "count": 0, "times": []},
    ]
    recording = Recording.objects.create(
        session=stage.session, layout=SensorLayout.objects.get(key="flextail"), source="live", file="x",
        duration_s=130.0, started_at=stage.session.started_at, sets=sets,
    )
    client.force_login(stage.user)
    page = client.get(f"/workouts/{stage.session.pk}/").content.decode()
    assert "Squat" in page
    assert ">Hold<" in page
    assert "1:15" in page
    assert client.get(f"/api/v1/recordings/{recording.pk}/").json()["sets"] == sets


def test_a_stored_recording_teaches_the_baseline(stage, tmp_path, settings):
    made = simulate_session("flextail", (Bout("squat", 12, 45.0),), random_subject(31), seed=2)
    recording = Recording.objects.create(
        session=stage.session, layout=SensorLayout.objects.get(key="flextail"), source="live",
        file="recordings/x/samples.parquet", duration_s=float(made.t_s[-1]), started_at=stage.session.started_at,
    )
    path = Path(settings.MEDIA_ROOT) / recording.file
    path.parent.mkdir(parents=True)
    write_recording(path, FLEXTAIL, [(made.t_s, made.samples)])
    assert baseline_find(athlete_id=stage.athlete.pk, layout_id=recording.layout_id) is None
    row = baseline_learn(recording=recording)
    assert row is not None
    known = baseline_find(athlete_id=stage.athlete.pk, layout_id=recording.layout_id)
    assert known is not None
    assert known.channels == FLEXTAIL.channel_names
    assert known.high[1] > 0.5, "a squat bends forward"
    assert SensorBaseline.objects.visible_to(stage.user).count() == 1
    assert baseline_learn(recording=recording).facts["n_recordings"] == 2
