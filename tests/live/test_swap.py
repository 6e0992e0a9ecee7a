"""A hundred streams at once: a promotion between two frames, a connection in another process, too much to answer."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from mlops.ml.decision import Decision
from mlops.ml.sensors.online import OnlineWindow
from mlops.serving.services import versions as serving
from sessions.live.services import scoring
from sessions.live.services.answers import AnswerLog, answer_json
from sessions.live.services.feed import LiveFeed
from sessions.live.services.frames import Frame
from sessions.live.services.hub import HUBS, LiveHub
from sessions.live.services.model import live_model_find
from sessions.live.services.model_board import ModelBoard
from sessions.live.services.scoring import PendingWindow, ScoreQueue
from tests.live.tiny import LABELS, make_version, movement, promote
from tests.live.wire import Wire, headers_for, live_test

N_STREAMS = 100
CHANNELS = ("lumbarAngle", "sagittal", "lateral", "twist", "acceleration")


async def until(true: Any) -> None:
    """Let the loop run until something is so (the test's own time limit ends it otherwise)."""
    while not true():
        await asyncio.sleep(0.001)


@live_test
async def test_a_promotion_swaps_a_hundred_streams_without_dropping_or_mixing(stage, monkeypatch):
    told: dict[int, list[tuple[str, dict[str, Any]]]] = {n: [] for n in range(N_STREAMS)}
    board = ModelBoard.here()
    await board.use("exercise")
    feeds = [
        LiveFeed(
            stream=uuid4(), channels=CHANNELS, rate_hz=50.0, stride=10, model=lambda: board.now("exercise"),
            post=lambda event, data, n=n: told[n].append((event, data)),
        )
        for n in range(N_STREAMS)
    ]
    t, x = movement(12.0)
    loaded_in: list[bool] = []
    real = serving.warm
    monkeypatch.setattr(serving, "warm", lambda *about: (loaded_in.append(_in_loop()), real(*about)))

    async def send(begin: int, end: int) -> None:
        for seq in range(begin, end):
            part = slice(seq * 10, seq * 10 + 10)
            for feed in feeds:
                feed.take(Frame(seq, t[part], x[part]))
            await asyncio.sleep(0)
            if seq >= 14:
                await until(lambda seq=seq: all(_answers(one)[-1:] == _answers_to(one, seq) for one in told.values()))

    await send(0, 30)
    newer = await sync_to_async(make_version)(stage.task, seed=5, number=2)
    await sync_to_async(promote)(newer)
    for feed in feeds:  # windows asked for before the switch are answered by whom they were asked of
        feed.take(Frame(30, t[300:310], x[300:310]))
    await board.look()
    await send(31, 60)
    assert loaded_in == [False], "loaded and run once in a thread, before any stream met it"
    now = await sync_to_async(live_model_find)("exercise")
    assert now.number == 2
    for n in told:
        answers = _answers(told[n])
        assert [a["seq"] for a in answers] == list(range(14, 60)), "no window was lost, none answered twice"
        assert [a["version"] for a in answers] == [1] * 17 + [2] * 29
        assert [data["model"]["version"] for event, data in told[n] if event == "model"] == [2]
    windows = np.stack([x[seq * 10 + 10 - 150 : seq * 10 + 10] for seq in range(31, 60)])
    expected = np.array([probabilities for probabilities, _ in now.answer(windows)])
    got = np.array([[a["probabilities"][name] for name in LABELS] for a in _answers(told[7])[17:]])
    np.testing.assert_allclose(got, expected, atol=2e-6)
    board.leave("exercise")


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _answers(told: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [data for event, data in told if event == "classification_result"]


def _answers_to(told: list[tuple[str, dict[str, Any]]], seq: int) -> list[dict[str, Any]]:
    return [data for data in _answers(told[-3:]) if data["seq"] == seq] or [{}]


class Slow:
    """A model whose answers wait until they are let go."""

    is_remote = False

    def __init__(self) -> None:
        self.version_id, self.free = uuid4(), asyncio.Event()
        self.batches: list[int] = []
        self.loop = asyncio.get_running_loop()

    def answer(self, windows: Any) -> Any:
        self.batches.append(len(windows))
        asyncio.run_coroutine_threadsafe(self.free.wait(), self.loop).result()
        return [None] * len(windows)


def asker(name: int) -> SimpleNamespace:
    made = SimpleNamespace(name=name, pending=[], n_skipped=0, answered_at_s=0.0, seen=[])
    made.answered = lambda pending, answer: made.seen.append(pending.seq)
    return made


def window() -> OnlineWindow:
    return OnlineWindow(0.0, 3.0, np.zeros((150, 5), np.float32))


@live_test
async def test_too_much_to_answer_keeps_the_newest_and_counts_the_rest():
    queue, model = ScoreQueue(), Slow()
    queue._cost_s[model.version_id] = scoring.BATCH_MOST_S / 5  # five windows are as much as a batch may take
    streams = [asker(n) for n in range(20)]
    for seq in range(3):
        for stream in streams:
            queue.ask(stream, PendingWindow(model, window(), seq))
    await until(lambda: len(model.batches) == scoring.N_THREADS)
    assert set(model.batches) == {5}
    model.free.set()
    await until(lambda: all(stream.seen or stream.n_skipped == 3 for stream in streams))
    for stream in streams:
        assert stream.seen in ([2], []), "only the newest is answered"
        assert len(stream.seen) + stream.n_skipped == 3, "and everything else is counted"
    assert sum(len(stream.seen) for stream in streams) >= 5 * scoring.N_THREADS


@live_test
async def test_those_unanswered_for_longest_come_first_and_stale_windows_give_way():
    queue, model = ScoreQueue(), Slow()
    model.free.set()
    queue._cost_s[model.version_id] = scoring.BATCH_MOST_S / 2
    now = time.monotonic()
    fresh, stale = [asker(n) for n in range(4)], asker(9)
    for n, stream in enumerate(fresh):
        stream.answered_at_s = -n
        stream.pending.append(PendingWindow(model, window(), 1, now))
        queue._askers[id(stream)] = stream
    stale.pending.append(PendingWindow(model, window(), 1, now - 10))
    queue._askers[id(stale)] = stale
    (batch,) = queue._take()
    assert [stream.name for stream, _ in batch] == [3, 2]
    assert (stale.n_skipped, len(stale.pending)) == (1, 0)
    assert all(len(stream.pending) == 1 for stream in fresh[:2])


@live_test
async def test_answers_of_one_stream_keep_their_order_over_many_threads():
    queue, model, stream = ScoreQueue(), Slow(), asker(0)
    queue.ask(stream, PendingWindow(model, window(), 0))
    await until(lambda: model.batches == [1])
    queue.ask(stream, PendingWindow(model, window(), 1))
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert model.batches == [1], "the next window waits for the one in a thread"
    model.free.set()
    await until(lambda: stream.seen == [0, 1])


@live_test
async def test_a_quick_model_needs_no_thread_where_there_is_one_core(monkeypatch):
    monkeypatch.setattr(scoring, "N_THREADS", 1)
    threads: list[bool] = []
    model = SimpleNamespace(version_id=uuid4(), is_remote=False)
    model.answer = lambda windows: threads.append(not _in_loop()) or [None] * len(windows)
    queue, stream = ScoreQueue(), asker(0)
    for seq, cost_s in enumerate((None, scoring.INLINE_S / 2, scoring.INLINE_S * 2)):
        if cost_s is not None:
            queue._cost_s[model.version_id] = cost_s
        queue.ask(stream, PendingWindow(model, window(), seq))
        await until(lambda seq=seq: stream.seen == list(range(seq + 1)))
    model.is_remote, queue._cost_s[model.version_id] = True, 0.0
    queue.ask(stream, PendingWindow(model, window(), 3))
    await until(lambda: len(stream.seen) == 4)
    assert threads == [True, False, True, True], "unknown, quick, slow, over the network"


@live_test
async def test_a_connection_in_another_process_takes_the_stream_over(stage):
    async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", {"layout": "flextail"})
        stream = (await wire.hear("hello"))["stream"]
        layer = get_channel_layer()
        await until(lambda: HUBS in layer.groups)
        for at in (0.0, time.time() + 1):  # a word from before this connection says nothing about it
            await layer.group_send(HUBS, {"type": "hub.taken", "stream": stream, "at": at})
        assert await wire.hear_close() == 4409
    assert not LiveHub.here()._over, "boards are not told that it is over: it goes on elsewhere"


@pytest.mark.django_db
def test_answers_are_remembered_small_and_found_again(stage):
    model = live_model_find("exercise")
    log = AnswerLog()
    for n in range(1000):
        log.add(model, n * 0.2, Decision("row", 0.7, "unsure" if n % 2 else ""))
    assert 800 <= log.n <= 900
    assert log.find(0.0, 3.0) is None, "the oldest are gone"
    found = log.find(199.8, 202.8)
    assert (found.decision, found.version) == (Decision("row", 0.7, "unsure"), 1)
    assert found.labels == ("squat", "row", "other")
    assert log.find(199.6, 202.6).decision == Decision("row", 0.7)
    assert log.find(199.8, 202.0) is None


@pytest.mark.django_db
def test_an_answer_abstains_where_the_guard_knows_nothing_like_it(stage):
    model = live_model_find("exercise")
    for is_known, reason in ((True, ""), (False, "unlike")):
        decision = model.decider.one([0.1, 0.7, 0.2], is_known)
        told = answer_json(model, 0.0, [0.1, 0.7, 0.2], decision)
        assert (told["abstained"], told["reason"], told["exercise"]) == (bool(reason), reason, "row")
