"""The live websocket: poses in, labels and captions out, and nothing else is taken; models by name or as champions."""

from __future__ import annotations

import json
import struct
from functools import wraps

import numpy as np
import pytest
from asgiref.sync import async_to_sync

from sessions.video.consumers.live import MAX_FRAMES_PER_S
from tests.live.wire import Wire, headers_for
from tests.ml.vision.test_task_live import filmed
from tests.people import make_user
from tests.video.knee_model import LABELS, knee_champion

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/videos/live/"


def run(test):
    """An async test that may use the database."""

    @wraps(test)
    def sync(*args, **kwargs):
        async_to_sync(test)(*args, **kwargs)

    return sync


@pytest.fixture
def champion(media):
    """A task whose champion looks at one knee."""
    return knee_champion()


def encoded(t, pose) -> bytes:
    n = len(t)
    return struct.pack("<4sI", b"FBP1", n) + np.asarray(t, "<f8").tobytes() + np.asarray(pose, "<f4").tobytes()


def knelt(degrees: float, seconds: float, begin_s: float = 0.0):
    """(t, pose): somebody whose knees are bent by so much."""
    _t, pose = filmed(1.0)
    t = begin_s + np.arange(int(seconds * 24)) / 24
    pose = np.repeat(pose[:1], len(t), axis=0)
    turn = np.radians(degrees)
    for hip, knee, ankle in ((23, 25, 27), (24, 26, 28)):
        pose[:, hip, :2], pose[:, knee, :2] = (0.5, 0.4), (0.5, 0.6)
        pose[:, ankle, 0], pose[:, ankle, 1] = 0.5 + 0.2 * np.sin(turn), 0.6 - 0.2 * np.cos(turn)
    return t, pose


async def stream(wire: Wire, t, pose, at_once: int = 12) -> None:
    for n in range(0, len(t), at_once):
        await wire.socket.send_to(bytes_data=encoded(t[n : n + at_once], pose[n : n + at_once]))


@run
async def test_poses_are_answered_by_the_champion(champion):
    user = await make()
    async with Wire(PATH, await headers(user)) as wire:
        await wire.send("hello", {"model": "moves", "smoothing": "none", "width": 100, "height": 100})
        told = (await wire.hear("hello"))["model"]
        assert (told["title"], told["labels"], told["generated"]) == ("moves v3", list(LABELS), True)
        assert (told["window_s"], told["step_s"]) == (2, 0.5)
        await stream(wire, *knelt(175, 2.5))
        first = await wire.hear("answer")
        assert (first["label"], first["abstained"], first["start_s"]) == ("stand", False, 0.0)
        assert first["confidence"] > 0.9
        assert sum(first["scores"].values()) == pytest.approx(1, abs=1e-3)
        await stream(wire, *knelt(80, 2.5, begin_s=2.5))
        labels = [first["label"]] + [(await wire.hear("answer"))["label"] for _ in range(5)]
        assert labels[0] == "stand"
        assert labels[-1] == "squat"
        captions = [one["data"]["caption"] for one in wire.seen if one["event"] == "caption"]
        assert "standing straight" not in captions[-1]
        assert "80°" in captions[-1]


@run
async def test_without_a_model_there_are_captions_and_nobody_is_invented():
    user = await make()
    async with Wire(PATH, await headers(user)) as wire:
        await wire.send("hello", {"width": 100, "height": 100})
        assert (await wire.hear("hello"))["model"] is None
        t, pose = knelt(175, 1.0)
        await stream(wire, t, np.full_like(pose, np.nan))
        assert (await wire.hear("caption"))["caption"] == "Nobody in view."
        assert not [one for one in wire.seen if one["event"] == "answer"]


@run
async def test_an_empty_room_names_nothing(champion):
    user = await make()
    async with Wire(PATH, await headers(user)) as wire:
        await wire.send("hello", {"model": "moves"})
        await wire.hear("hello")
        t, pose = knelt(80, 2.5)
        await stream(wire, t, np.full_like(pose, np.nan))
        told = await wire.hear("answer")
        assert (told["label"], told["reason"], told["abstained"]) == (None, "nobody", True)


@run
async def test_a_model_of_somebody_else_is_not_there_and_pictures_are_not_taken(champion):
    user = await make()
    async with Wire(PATH, await headers(user)) as wire:
        for name in ("task_classifier_rf_abcdefghjkmn", "exercise", "../moves"):
            await wire.send("hello", {"model": name})
            assert (await wire.hear("error"))["code"] == "unknown_model"
        await wire.send("picture", {"jpeg": "AAAA"})
        assert (await wire.hear("error"))["code"] == "no_captioner"


@run
async def test_nonsense_is_said_and_ends_the_connection():
    user = await make()
    t, pose = knelt(175, 0.5)
    whole = encoded(t, pose)
    bad = [
        b"F", b"FBP1", whole[:-1], b"FBS1" + whole[4:], struct.pack("<4sI", b"FBP1", 0),
        encoded([np.nan], pose[:1]), encoded([0.0], pose[:1] * 1e6),
    ]  # fmt: skip
    async with Wire(PATH, await headers(user)) as wire:
        await wire.socket.send_to(bytes_data=whole)
        assert (await wire.hear("bad_frame"))["reason"] == "no_hello"
        await wire.send("hello", {})
        await wire.hear("hello")
        for data in bad:
            await wire.socket.send_to(bytes_data=data)
            assert (await wire.hear("bad_frame"))["reason"] in {"too_short", "bad_frame", "bad_time", "bad_point"}
        for body in ({"width": 0}, {"smoothing": "mean"}, {"model": 3}, {"camera": 1}, []):
            await wire.send("hello", body)
            assert (await wire.hear("bad_frame"))["reason"] in {"bad_size", "bad_hello"}
        for _ in range(100):
            await wire.socket.send_to(text_data="{")
        assert await wire.hear_close() == 4400


@run
async def test_who_sends_too_fast_is_cut_off():
    user = await make()
    async with Wire(PATH, await headers(user)) as wire:
        await wire.send("hello", {})
        await wire.hear("hello")
        t, pose = knelt(175, 4 * MAX_FRAMES_PER_S / 24)
        await stream(wire, t, pose, at_once=100)
        assert await wire.hear_close() == 4429


def test_the_page_says_what_is_missing_and_who_can_fetch_it(browse, athlete_user, staff_user, settings, tmp_path):
    settings.PARTS_DIR = tmp_path / "none"
    page = browse(athlete_user).get("/videos/live/").content.decode()
    assert "is not installed" in page
    assert "ML staff can fetch it" in page
    assert "There is no model yet" in page
    assert "No captioner is installed" in page
    config = json.loads(page.split('id="live-video-config" type="application/json">')[1].split("</script>")[0])
    assert "models" not in config
    assert 'action="/ml/parts/pose-lite/fetch/"' in browse(staff_user).get("/videos/live/").content.decode()


def test_the_page_offers_champions(champion, browse, athlete_user):
    page = browse(athlete_user).get("/videos/live/").content.decode()
    assert '<option value="moves">Moves, v3</option>' in page


async def make():
    from channels.db import database_sync_to_async

    return await database_sync_to_async(make_user)("filmer")


async def headers(user):
    from channels.db import database_sync_to_async

    return await database_sync_to_async(headers_for)(user)
