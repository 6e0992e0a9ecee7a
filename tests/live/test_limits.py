"""Bad, too fast and too large input (acceptance rows 36 and 38)."""

import json

import numpy as np
from asgiref.sync import sync_to_async

from mlops.ml.sensors.layouts import BUILT_IN
from sessions.models import SensorLayout, StreamChunk
from tests.live.tiny import movement
from tests.live.wire import Wire, headers_for, live_test
from web.consumers.limits import Credit, SecondWindow


async def opened(stage, **hello):
    wire = Wire(stage.path, await sync_to_async(headers_for)(stage.user))
    await wire.__aenter__()
    await wire.send("hello", {"layout": "flextail", **hello})
    await wire.hear("hello")
    return wire


@live_test
async def test_row_36_more_than_twice_the_declared_rate(stage):
    wire = await opened(stage, rate_hz=50)
    t, x = movement(60)
    for seq in range(20):  # 500 samples at once
        await wire.send_samples(seq, t[seq * 25 : seq * 25 + 25], x[seq * 25 : seq * 25 + 25])
    assert await wire.hear_close() == 4429


@live_test
async def test_row_36_two_hundred_messages_and_two_thousand_samples(stage):
    wire = await opened(stage, rate_hz=1000)
    for _ in range(230):
        await wire.send("credit", {"n": 1})
    assert await wire.hear_close() == 4429
    wire = await opened(stage, rate_hz=1000)
    t, x = movement(100)
    for seq in range(8):
        await wire.send_samples(seq, t[seq * 500 : seq * 500 + 500], x[seq * 500 : seq * 500 + 500])
    assert await wire.hear_close() == 4429


@live_test
async def test_row_36_a_frame_over_64_kib(stage):
    wire = await opened(stage)
    await wire.socket.send_to(text_data=json.dumps({"event": "samples", "data": "x" * 70_000}))
    assert await wire.hear_close() == 1009


def test_row_36_the_window_finds_a_sender_that_is_a_little_too_fast():
    window = SecondWindow(100)
    assert all(window.take(25, n / 4) for n in range(40)), "exactly twice 50 Hz is allowed for ever"
    window = SecondWindow(100)
    refused = [n for n in range(40) if not window.take(25, n / 4.4)]
    assert refused
    assert refused[0] / 4.4 <= 1.0
    window = SecondWindow(100)
    assert all(window.take(150, n * 3.0) for n in range(20)), "fifty a second in batches of three seconds"
    window = SecondWindow(100)
    assert not all(window.take(150, n * 1.0) for n in range(5))


def test_what_a_network_held_back_may_be_caught_up_with():
    window = SecondWindow(100, earns_per_s=50)
    assert all(window.take(25, n / 2) for n in range(20))
    assert all(window.take(25, 14.5 + n / 100) for n in range(10)), "five seconds at once after a stall"
    assert not all(window.take(25, 14.6 + n / 100) for n in range(5)), "but not a flood behind it"
    for times in (2.2, 3, 10):
        window = SecondWindow(100, earns_per_s=50)
        refused = [n for n in range(200) if not window.take(5, n / (10 * times))]
        assert refused
        assert refused[0] / (10 * times) <= 1.0


def test_row_37_credit_runs_out_and_comes_back():
    credit = Credit(2)
    assert [credit.spend(n) for n in range(4)] == [True, True, False, False]
    assert credit.exhausted_at == 2
    credit.give(10)
    assert credit.left == 2
    assert credit.exhausted_at is None


@live_test
async def test_row_38_bad_samples_are_named_and_the_stream_goes_on(stage):
    wire = await opened(stage, rate_hz=1000)
    t, x = movement(20)
    await wire.send_samples(0, t[:50], x[:50])
    await wire.hear("ack")
    nan = x[50:52].astype(float).tolist()
    nan[1][2] = float("nan")
    bad = [
        ({"seq": 1, "t": t[50:52].tolist(), "values": nan}, 1, "not_finite"),
        ({"seq": 2, "t": [1.2, float("inf")], "values": x[50:52].tolist()}, 2, "not_finite"),
        ({"seq": 3, "t": [1.3, 1.2], "values": x[50:52].tolist()}, 3, "out_of_order"),
        ({"seq": 4, "t": [0.1, 0.2], "values": x[50:52].tolist()}, 4, "out_of_order"),
        ({"seq": 0, "t": t[:2].tolist(), "values": x[:2].tolist()}, 0, "duplicate"),
        ({"seq": 5, "t": [1e6, 1e6 + 1], "values": x[50:52].tolist()}, 5, "future"),
        ({"seq": 6, "t": [1.2, 1.3], "values": x[50:52, :4].tolist()}, 6, "channels"),
        ({"seq": 7, "t": [1.2, 1.3], "values": [[1, 2, 3, 4, 5], [1, 2]]}, 7, "channels"),
        ({"seq": 8, "t": [1.2, 1.3], "values": [["a"] * 5] * 2}, 8, "not_numbers"),
        ({"seq": 9, "t": [], "values": []}, 9, "empty"),
        ({"t": [1.2], "values": [[1, 2, 3, 4, 5]]}, None, "no_seq"),
        ({"seq": 1.5, "t": [1.2], "values": [[1, 2, 3, 4, 5]]}, None, "no_seq"),
    ]
    for data, seq, reason in bad:
        await wire.send("samples", data)
        assert await wire.hear("bad_sample") == {"seq": seq, "reason": reason}
    for text in ("{", "[" * 5000, '"x"', '{"event": "dance"}', '{"event":"samples","data":{"seq":1,"t":[1e999]}}'):
        await wire.socket.send_to(text_data=text)
        await wire.hear("bad_sample")
    await wire.socket.send_to(bytes_data=b"nonsense")
    assert (await wire.hear("bad_sample"))["reason"] == "not_a_frame"
    await wire.send_samples(10, t[50:100], x[50:100])
    assert (await wire.hear("ack"))["seq"] == 10
    assert await StreamChunk.objects.acount() == 2


@live_test
async def test_row_38_over_a_hundred_bad_samples_end_it(stage):
    wire = await opened(stage, rate_hz=1000)
    for _n in range(101):
        await wire.send("sensor_data", {"lumbarAngle": "x"})
    assert await wire.hear_close() == 4400
    assert len(wire.all_of("bad_sample")) == 101
    assert wire.all_of("bad_sample")[0] == {"seq": None, "reason": "channels"}


@live_test
async def test_a_hello_with_nonsense_says_what_is_wrong(stage):
    for hello, code in [
        ({"layout": "nothing"}, "unknown_layout"),
        ({"rate_hz": 1e9}, "bad_rate"),
        ({"colour": 1}, "unknown_field"),
        ({"task": "nothing"}, "unknown_task"),
        ({"recording": "x"}, "unknown_recording"),
        ({"source": "tv"}, "bad_hello"),
        ("x", "bad_hello"),
        ({"layout": "\ud800"}, "bad_hello"),
        ({"task": "a\0b"}, "bad_hello"),
    ]:
        wire = Wire(stage.path, await sync_to_async(headers_for)(stage.user))
        await wire.__aenter__()
        await wire.send("hello", hello)
        assert (await wire.hear("error"))["code"] == code
        assert await wire.hear_close() == 4400


@live_test
async def test_a_model_that_needs_a_gyroscope_says_so(stage):
    def prepare():
        for name in ("imu6", "acc3"):
            layout = BUILT_IN[name].to_dict()
            defaults = {"title": layout["title"], "channels": layout["channels"], "rate_hz": 50}
            SensorLayout.objects.get_or_create(key=name, defaults=defaults)
        stage.task.input = {**stage.task.input, "layout": "imu6"}
        stage.task.save()
        return headers_for(stage.user)

    wire = Wire(stage.path, await sync_to_async(prepare)())
    await wire.__aenter__()
    await wire.send("hello", {"layout": "acc3", "task": stage.task.name})
    refused = await wire.hear("error")
    assert refused["code"] == "unknown_task"
    assert "gyr_x, gyr_y, gyr_z" in refused["detail"]


@live_test
async def test_wide_values_do_not_break_the_answer(stage):
    wire = await opened(stage, rate_hz=1000)
    t, _ = movement(4)
    huge = np.full((200, 5), 1e38, np.float32)
    huge[::2] = -1e38
    await wire.send_samples(0, t, huge)
    await wire.hear("ack")
    await wire.send("finish", {})
    assert (await wire.hear("finished"))["job"]
