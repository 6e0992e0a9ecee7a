"""A stream through the real consumer: windows, answers, storage, resume, correction."""

import asyncio
import dataclasses

import numpy as np
import pytest
from asgiref.sync import sync_to_async

from mlops.ml.windows import WindowSpec, resample, sliding_windows
from mlops.models import Feedback, Job
from mlops.serving.services.versions import serving_forget
from sessions.live.services.champions import champion_scorer
from sessions.live.services.frames import HEADER, MAGIC
from sessions.live.services.model_board import ModelBoard
from sessions.live.services.store import stream_store
from sessions.models import LiveStream, Recording, Span, SpanOrigin, SpanState, StreamChunk, StreamState
from sessions.selectors.recordings import samples_path
from tests.live.tiny import LABELS, make_version, movement, promote
from tests.live.wire import Wire, headers_for, live_test
from tests.workouts.conftest import consent

HELLO = {"layout": "flextail", "rate_hz": 1000}
FLEXTAIL_KEYS = ("lumbarAngle", "sagittal", "lateral", "twist", "acceleration")


async def headers(stage):
    return await sync_to_async(headers_for)(stage.user)


def uneven(seconds: float, seed: int = 3):
    """The same movement as a sensor with an unsteady clock gives it."""
    t, x = movement(seconds, rate_hz=61.0, seed=seed)
    jitter = np.random.default_rng(seed).uniform(-0.004, 0.004, len(t))
    return np.round(t + jitter, 6), x


@live_test
async def test_windows_live_and_offline_are_equal(stage):
    t, x = uneven(12.0)
    async with Wire(stage.path, await headers(stage)) as wire:
        await wire.send("hello", {**HELLO, "stride": 50})
        hello = await wire.hear("hello")
        assert hello["model"]["version"] == 1
        assert hello["model"]["generated"] is True
        assert hello["model"]["window"] == {"length": 150, "rate_hz": 50.0, "stride": 50}
        for seq, at in enumerate(range(0, len(t), 37)):
            await wire.send_samples(seq, t[at : at + 37], x[at : at + 37])
            await wire.hear("ack")
        answers = wire.all_of("classification_result")
    (segment,) = resample(t, x, 50.0)
    raw = sliding_windows(segment.samples, 150, 50)
    _, scorer = await sync_to_async(champion_scorer)("exercise")
    offline = scorer.score_raw(raw)
    assert len(answers) == len(raw) >= 9
    starts = segment.t0_s + np.arange(len(raw)) * 50 / 50.0
    np.testing.assert_allclose([a["start_s"] for a in answers], starts, atol=1e-5)
    live = np.array([[a["probabilities"][name] for name in LABELS] for a in answers])
    np.testing.assert_allclose(live, offline, atol=2e-6)
    assert all(a["confidence"] == max(a["probabilities"].values()) for a in answers)
    assert all(a["abstained"] == (a["exercise"] == "other") for a in answers)


@live_test
async def test_single_messages_word_for_word(stage):
    _, x = movement(4.2)
    async with Wire(stage.path, await headers(stage)) as wire:
        for row in x[:150]:
            await wire.send("sensor_data", dict(zip(FLEXTAIL_KEYS, map(float, row), strict=True)))
        first = await wire.hear("collecting")
        assert first == {"n": 1, "of": 150}
        result = await wire.hear("classification_result")
        assert result["exercise"] in LABELS
        assert set(result["probabilities"]) == set(LABELS)
        assert abs(sum(result["probabilities"].values()) - 1) < 1e-4
        assert {"n": 149, "of": 150} in wire.all_of("collecting")


@live_test
async def test_binary_frames_and_an_answer_for_each_batch(stage):
    t, x = movement(8.0)
    async with Wire(stage.path, await headers(stage)) as wire:
        await wire.send("hello", HELLO)
        await wire.hear("hello")
        for seq in range(16):
            part = slice(seq * 25, seq * 25 + 25)
            frame = HEADER.pack(MAGIC, 25, seq) + t[part].astype("<f8").tobytes() + x[part].astype("<f4").tobytes()
            await wire.socket.send_to(bytes_data=frame)
            await wire.hear("ack")
        answers = wire.all_of("classification_result")
        assert [a["seq"] for a in answers] == list(range(5, 16))
        assert [c["n"] for c in wire.all_of("collecting")] == [25, 50, 75, 100, 125]


@live_test
async def test_acknowledged_frames_are_stored_and_resumed(stage):
    t, x = movement(6.0)
    async with Wire(stage.path, await headers(stage)) as wire:
        await wire.send("hello", HELLO)
        stream = (await wire.hear("hello"))["stream"]
        for seq in range(4):
            await wire.send_samples(seq, t[seq * 50 : seq * 50 + 50], x[seq * 50 : seq * 50 + 50])
            assert (await wire.hear("ack"))["seq"] == seq
            assert await StreamChunk.objects.filter(stream=stream).acount() == seq + 1
    async with Wire(stage.path, await headers(stage)) as wire:
        await wire.send("hello", {**HELLO, "stream": stream})
        hello = await wire.hear("hello")
        assert hello["last_seq"] == 3
        assert hello["stream"] == stream
        await wire.send_samples(3, t[150:200], x[150:200])
        assert (await wire.hear("ack", "bad_sample"))["seq"] == 3
        await wire.send_samples(4, t[200:250], x[200:250])
        answer = await wire.hear("classification_result")
        assert answer["seq"] == 4, "the window goes on from what was stored"
        assert (await wire.hear("ack"))["seq"] == 4
        assert not wire.all_of("bad_sample")
    assert await StreamChunk.objects.filter(stream=stream).acount() == 5
    assert await LiveStream.objects.acount() == 1


@live_test
async def test_a_second_connection_takes_the_stream_over(stage):
    async with Wire(stage.path, await headers(stage)) as first:
        await first.send("hello", HELLO)
        stream = (await first.hear("hello"))["stream"]
        async with Wire(stage.path, await headers(stage)) as second:
            await second.send("hello", {**HELLO, "stream": stream})
            await second.hear("hello")
            assert await first.hear_close() == 4409


@live_test
async def test_a_correction_becomes_a_proposed_span(stage, monkeypatch):
    await sync_to_async(consent)(stage.athlete)
    t, x = movement(8.0)
    t = t + 1000.0  # the sender's clock begins anywhere
    async with Wire(stage.path, await headers(stage)) as wire:
        await wire.send("hello", HELLO)
        stream = (await wire.hear("hello"))["stream"]
        for seq in range(8):
            await wire.send_samples(seq, t[seq * 50 : seq * 50 + 50], x[seq * 50 : seq * 50 + 50])
            await wire.hear("ack")
        answer, other = wire.all_of("classification_result")[1:3]
        wrong = next(label for label in LABELS if label != answer["exercise"])
        window = {"start_s": answer["start_s"], "end_s": answer["end_s"]}
        await wire.send("correction", {**window, "label": wrong})
        assert await wire.hear("corrected") == {**window, "label": wrong, "answered": answer["exercise"]}
        slip = {"start_s": other["start_s"], "end_s": other["end_s"]}
        await wire.send("correction", {**slip, "label": wrong})
        assert (await wire.hear("corrected"))["label"] == wrong
        n_said = await Feedback.objects.acount()
        await wire.send("correction", {**slip, "label": None})
        assert await wire.hear("corrected") == {**slip, "label": None, "answered": other["exercise"]}
        assert (n_said, await Feedback.objects.acount()) == (2, 1)
        await wire.send("correction", {**window, "label": "flying"})
        assert (await wire.hear("error"))["code"] == "unknown_label"
        await wire.send("correction", {**window, "label": [wrong]})
        assert (await wire.hear("error"))["code"] == "unknown_label"
        await wire.send("correction", {"start_s": 1.0, "end_s": 2.0, "label": wrong})
        assert (await wire.hear("error"))["code"] == "no_such_window"
        await wire.send("finish", {})
        finished = await wire.hear("finished")
        assert await wire.hear_close() == 1000
    job = await Job.objects.aget(pk=finished["job"])
    assert job.kind == "live.store"
    assert job.parameters == {"stream": stream}
    recording = await sync_to_async(_store)(stream)
    assert (recording.n_samples, recording.source) == (400, "live")
    span = await Span.objects.aget(recording=recording)
    assert (span.label, span.state, span.origin) == (wrong, SpanState.PROPOSED, SpanOrigin.FEEDBACK)
    assert span.start_s == pytest.approx(answer["start_s"] - 1000.0, abs=1e-6)
    assert span.end_s - span.start_s == pytest.approx(3.0, abs=1e-6)
    assert span.answered["label"] == answer["exercise"]
    assert not await StreamChunk.objects.aexists()


def _store(pk: str) -> Recording:
    from django.db import transaction

    from mlops.ml.sensors.recording_file import read_range

    stream = LiveStream.objects.select_related("layout", "replay_of", "session").get(pk=pk)
    recording = stream_store(stream=stream, commit=transaction.atomic, on_step=lambda *_: None, done=lambda _: None)
    stream.refresh_from_db()
    assert stream.state == StreamState.STORED
    assert stream.recording == recording
    t, x = read_range(samples_path(recording))
    assert t[0] == 0
    assert np.allclose(x, movement(8.0)[1])
    return recording


@live_test
async def test_a_new_champion_takes_over_without_a_break(stage):
    t, x = movement(16.0)
    async with Wire(stage.path, await headers(stage)) as wire:
        await wire.send("hello", HELLO)
        await wire.hear("hello")
        for seq in range(4):
            await wire.send_samples(seq, t[seq * 50 : seq * 50 + 50], x[seq * 50 : seq * 50 + 50])
            await wire.hear("ack")
        spec = dataclasses.replace(WindowSpec(), length=100)
        newer = await sync_to_async(make_version)(stage.task, seed=5, spec=spec, number=2)
        await sync_to_async(promote)(newer)
        await ModelBoard.here().look()
        for seq in range(4, 8):
            await wire.send_samples(seq, t[seq * 50 : seq * 50 + 50], x[seq * 50 : seq * 50 + 50])
            await wire.hear("ack")
        assert (wire.all_of("model")[0])["model"]["version"] == 2
        after = [a for a in wire.all_of("classification_result") if a["seq"] >= 4]
        assert [a["version"] for a in after] == [2] * len(after)
        assert after[0]["seq"] == 4
        assert after[0]["end_s"] - after[0]["start_s"] == pytest.approx(2.0)


@live_test
async def test_without_a_champion_the_stream_is_only_recorded(stage):
    await stage.task.aliases.all().adelete()
    serving_forget()
    t, x = movement(2.0)
    async with Wire(stage.path, await headers(stage)) as wire:
        await wire.send("hello", HELLO)
        assert (await wire.hear("hello"))["model"] is None
        await wire.send_samples(0, t, x)
        assert (await wire.hear("ack", "collecting", "classification_result")) == {"seq": 0}


@live_test
async def test_an_empty_stream_leaves_nothing(stage):
    async with Wire(stage.path, await headers(stage)) as wire:
        await wire.send("hello", HELLO)
        await wire.hear("hello")
        await wire.send("finish", {})
        assert (await wire.hear("finished"))["job"] is None
        await wire.hear_close()
    assert not await LiveStream.objects.aexists()
    await asyncio.sleep(0)
