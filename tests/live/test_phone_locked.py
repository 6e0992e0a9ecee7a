"""A phone that was locked: silence, frames sent again, a frame of nulls, a clock that was set back."""

from __future__ import annotations

import json

import numpy as np
from asgiref.sync import sync_to_async

from mlops.ml.sensors.layouts import BUILT_IN
from sessions.models import LiveStream, SensorLayout, StreamChunk
from tests.live.wire import Wire, headers_for, live_test
from tests.trouble import trouble_file


def messages():
    """(before the silence, after it) of the kept messages; a line without an event is where the socket broke."""
    lines = [json.loads(line) for line in trouble_file("24").read_text().splitlines()]
    broken = next(n for n, line in enumerate(lines) if "event" not in line)
    return lines[1:broken], [line for line in lines[broken + 1 :] if line["event"] == "samples"]


@live_test
async def test_what_is_sent_again_is_stored_once_and_bad_frames_are_named(stage):
    before, after = messages()
    layout = BUILT_IN["imu6"].to_dict()
    defaults = {"title": layout["title"], "channels": layout["channels"], "rate_hz": layout["rate_hz"]}
    await sync_to_async(SensorLayout.objects.get_or_create)(key="imu6", defaults=defaults)
    async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", {"layout": "imu6", "rate_hz": 1000, "source": "sensor"})
        stream = (await wire.hear("hello"))["stream"]
        for message in before:
            await wire.send("samples", message["data"])
            await wire.hear("ack")
    async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
        await wire.send("hello", {"stream": stream})
        assert (await wire.hear("hello"))["last_seq"] == 9
        for message in after:
            await wire.send("samples", message["data"])
            await wire.hear("ack", "bad_sample")
        bad = {one["seq"]: one["reason"] for one in wire.all_of("bad_sample")}
        assert {16, 17} <= set(bad)
        assert set(bad) - {16, 17} <= {7, 8, 9}
        assert bad[17] == "out_of_order"
        await wire.send("finish", {})
        await wire.hear("finished")
    chunks = await sync_to_async(lambda: list(StreamChunk.objects.order_by("seq")))()
    assert [chunk.seq for chunk in chunks] == [*range(16), *range(18, 22)]
    t = np.concatenate([np.frombuffer(bytes(chunk.payload), "<f8", chunk.n_samples) for chunk in chunks])
    assert np.diff(t).max() > 40
    assert (np.diff(t) > 0).all()
    assert await sync_to_async(LiveStream.objects.count)() == 1
