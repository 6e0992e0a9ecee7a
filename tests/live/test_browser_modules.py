"""The pure modules of the live pages, run in the browser they are written for (no site, no network)."""

from __future__ import annotations

from typing import Any

import pytest

READ = """({ MotionAxes }, { sign, orientation, events }) => {
    const axes = new MotionAxes(sign);
    if (orientation) axes.orient(orientation);
    const rows = events.map((event) => axes.read(event));
    return { rows, sign: axes.sign, sure: axes.isSure, missing: axes.missing };
}"""


def motion(x: float, y: float, z: float, *turning: float) -> dict[str, Any]:
    alpha, beta, gamma = turning or (0, 0, 0)
    felt = {"x": x, "y": y, "z": z}
    return {"accelerationIncludingGravity": felt, "rotationRate": {"alpha": alpha, "beta": beta, "gamma": gamma}}


@pytest.mark.parametrize(
    ("name", "orientation", "felt"),
    [
        ("on its back", {"beta": 0, "gamma": 0}, (0, 0, 9.81)),
        ("upright", {"beta": 90, "gamma": 0}, (0, 9.81, 0)),
        ("on its left edge", {"beta": 0, "gamma": -90}, (9.81, 0, 0)),
        ("on its face", {"beta": 180, "gamma": 0}, (0, 0, -9.81)),
    ],
)
@pytest.mark.parametrize("turned", [1, -1], ids=["as Android", "as iOS"])
@pytest.mark.parametrize("guess", [1, -1])
def test_gravity_has_one_sign_everywhere(run, name, orientation, felt, turned, guess):
    event = motion(*(turned * value for value in felt))
    found = run("motion_axes.js", READ, {"sign": guess, "orientation": orientation, "events": [event] * 8})
    assert found["sure"]
    assert found["rows"][-1][:3] == pytest.approx(felt)


def test_turning_is_in_radians_around_x_y_z(run):
    found = run("motion_axes.js", READ, {"sign": 1, "orientation": None, "events": [motion(0, 0, 9.81, 180, 90, -45)]})
    assert found["rows"][0][3:] == pytest.approx([3.14159265, 1.57079633, -0.78539816])
    assert not found["sure"]


def test_a_phone_without_gyroscope_is_named(run):
    bare = {"accelerationIncludingGravity": {"x": 0, "y": 0, "z": 9.8}, "rotationRate": None}
    found = run("motion_axes.js", READ, {"sign": 1, "orientation": None, "events": [bare]})
    assert found["rows"] == [None]
    assert found["missing"] == "gyroscope"
    empty = {"accelerationIncludingGravity": {"x": None, "y": None, "z": None}, "rotationRate": None}
    found = run("motion_axes.js", READ, {"sign": 1, "orientation": None, "events": [empty]})
    assert found["missing"] == "motion sensor"


def test_movement_does_not_vote(run):
    events = [motion(0, 0, -30)] * 3 + [motion(0, 0, 9.81)] * 6
    found = run("motion_axes.js", READ, {"sign": 1, "orientation": {"beta": 0, "gamma": 0}, "events": events})
    assert found["sign"] == 1


def test_the_likely_sign(run):
    names = {
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/130": -1,
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/130 Mobile": 1,
        "Mozilla/5.0 (Android 15; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0": 1,
    }
    found = run("motion_axes.js", "({ likelySign }, names) => names.map((name) => likelySign(name))", list(names))
    assert found == list(names.values())
    assert run("motion_axes.js", '({ likelySign }) => likelySign("Macintosh; Intel Mac OS X", 5)') == -1


def test_the_rate_is_measured_in_spite_of_a_pause(run):
    times = [n / 60 for n in range(40)] + [5 + n / 60 for n in range(40)]
    body = "({ RateMeter }, t) => { const m = new RateMeter(); t.forEach((s) => m.add(s)); return m.rateHz; }"
    assert run("motion_axes.js", body, times) == pytest.approx(60, rel=0.01)
    assert run("motion_axes.js", body, times[:5]) is None


PARSE = "({ parseHeartRate }, bytes) => parseHeartRate(new DataView(new Uint8Array(bytes).buffer))"


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([0x00, 72], {"bpm": 72, "contact": None, "energyKj": None, "rrMs": []}),
        ([0x01, 0x2C, 0x01], {"bpm": 300, "contact": None, "energyKj": None, "rrMs": []}),
        ([0x06, 60], {"bpm": 60, "contact": True, "energyKj": None, "rrMs": []}),
        ([0x04, 0], {"bpm": 0, "contact": False, "energyKj": None, "rrMs": []}),
        ([0x08, 90, 0x10, 0x02], {"bpm": 90, "contact": None, "energyKj": 528, "rrMs": []}),
        ([0x10, 60, 0x00, 0x04], {"bpm": 60, "contact": None, "energyKj": None, "rrMs": [1000]}),
        (
            [0x1F, 0x50, 0x00, 0x05, 0x00, 0x00, 0x02, 0x00, 0x03],
            {"bpm": 80, "contact": True, "energyKj": 5, "rrMs": [500, 750]},
        ),
        ([0x10, 60, 0x00, 0x04, 0x07], {"bpm": 60, "contact": None, "energyKj": None, "rrMs": [1000]}),
    ],
)
def test_heart_rate_measurements(run, measured, expected):
    assert run("heart_rate.js", PARSE, measured) == expected


@pytest.mark.parametrize("cut", [[], [0x00], [0x01, 60], [0x08, 60, 1]])
def test_a_cut_measurement_is_refused(run, cut):
    body = f"""(module, bytes) => {{
        try {{ ({PARSE})(module, bytes); return "read"; }} catch (error) {{ return error.message; }}
    }}"""
    assert "too few" in run("heart_rate.js", body, cut)


BEATS = """({ Beats }, all) => {
    const beats = new Beats();
    return all.map(([now, given]) => beats.take({ contact: null, ...given }, now));
}"""


def test_beats_lie_where_they_happened(run):
    found = run("heart_rate.js", BEATS, [
        [10.0, {"bpm": 80, "rrMs": [750, 500]}], [10.1, {"bpm": 81, "rrMs": [700]}],
        [10.05, {"bpm": 82, "rrMs": []}], [12.0, {"bpm": 82, "rrMs": [], "contact": False}],
    ])
    assert found[0]["t"] == pytest.approx([9.5, 10.0])
    assert found[0]["values"] == [[80, 750], [80, 500]]
    times = [t for one in found for t in one["t"]]
    assert times == sorted(times)
    assert len(set(times)) == 4, "the clock of a message that comes late does not turn back"
    assert found[2]["values"] == [[82, 0]]
    assert found[3] == {"t": [], "values": []}


PLAN = """({ GuidedPlan }, steps) => {
    const plan = new GuidedPlan([
        { label: "squat", seconds: 10, rest: 8 }, { label: "row", seconds: 0, rest: 8 },
        { label: "plank", seconds: 5, rest: 0 },
    ], { countdown: 3, restLabel: "rest" });
    const phases = [];
    for (const [what, now] of steps) {
        plan[what](now);
        phases.push(plan.phase);
    }
    return { phases, labels: plan.labels, seconds: plan.seconds };
}"""


def test_a_series_of_takes(run):
    found = run("guided_plan.js", PLAN, [
        ["begin", 100], ["tick", 102], ["tick", 103.2], ["tick", 113.3], ["tick", 121.5], ["tick", 124.6],
        ["stop", 140], ["begin", 143], ["tick", 146], ["tick", 151.1],
    ])
    assert found["phases"] == [
        "countdown", "countdown", "record", "rest", "countdown", "record", "rest", "countdown", "record", "done",
    ]
    assert found["labels"] == [
        {"start_s": 103, "end_s": 113, "label": "squat"}, {"start_s": 114, "end_s": 121.5, "label": "rest"},
        {"start_s": 124.5, "end_s": 140, "label": "row"}, {"start_s": 146, "end_s": 151, "label": "plank"},
    ], "exactly the recorded time; a rest of two seconds is none"
    assert found["seconds"] == {"squat": 10, "row": 15.5, "plank": 5}


def test_takes_are_cancelled_redone_and_left_out(run):
    found = run("guided_plan.js", PLAN, [
        ["begin", 0], ["tick", 3], ["cancel", 8], ["begin", 10], ["tick", 13], ["stop", 13.5], ["begin", 20],
        ["tick", 23], ["stop", 30], ["redo", 31], ["begin", 40], ["tick", 43], ["tick", 53], ["skip", 54], ["skip", 55],
    ])
    assert found["phases"][2] == "ready"
    assert found["phases"][5] == "ready", "half a second is no take"
    assert found["phases"][-1] == "done"
    assert found["labels"] == [{"start_s": 43, "end_s": 53, "label": "squat"}]
