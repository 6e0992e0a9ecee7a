"""Faults of a sensor are found within two minutes, and normal sessions of the same people raise no alarm."""

import numpy as np
import pytest

from mlops.ml.contract import BadValue
from mlops.ml.sensors.baseline import Baseline, baseline_of
from mlops.ml.sensors.motion import MotionTrack
from mlops.ml.sensors.rigid_body import PERMUTATIONS
from mlops.ml.sensors.sensor_check import SensorChecker, is_turned_round, swapped_axes
from mlops.ml.sensors.simulate import demo_plan, random_subject, simulate_session
from mlops.ml.sensors.triads import find_norms, find_triads


def session(layout: str, seed: int):
    made = simulate_session(layout, demo_plan("strength", seed=seed), random_subject(77), seed=seed)
    return made.t_s, made.samples, [(c.name, c.unit) for c in made.layout.channels], made.spans


@pytest.fixture(scope="module", params=["flextail", "imu6"])
def worn(request):
    """(t, samples, channels, baseline) of one athlete's normal session, after two earlier ones."""
    known = None
    for seed in (1, 2):
        t, x, channels, spans = session(request.param, seed)
        newer = baseline_of(channels, t, x, spans)
        known = newer if known is None else known.merged(newer)
    t, x, channels, _ = session(request.param, 3)
    return t, x, channels, known


def alarms(t, x, channels, known=None, *, seconds=120.0, declared_hz=50.0):
    track = MotionTrack([unit for _, unit in channels])
    checker = SensorChecker(channels, declared_hz, known)
    found: dict[str, str] = {}
    for at in range(0, len(t), 40):
        if t[at] > seconds:
            break
        for block in track.push(t[at : at + 40], np.ascontiguousarray(x[at : at + 40], np.float32)):
            if checker.see(block, None):
                found |= {check.code: check.severity for check in checker.checks}
    return found, checker


def test_a_normal_session_raises_no_alarm(worn):
    t, x, channels, known = worn
    found, checker = alarms(t, x, channels, known, seconds=1e9)
    assert not found
    assert checker.quality == "good"


def test_gain_and_unplugged_channels(worn):
    t, x, channels, known = worn
    units = np.array([unit for _, unit in channels])
    loud = x * np.where((units == "g") | (units == "m/s²"), 1.3, 1.0)
    found, checker = alarms(t, loud, channels, known)
    assert found == {"gravity": "warning"}
    assert checker.quality == "check"
    assert "1.3" in checker.checks[0].text
    dead = x.copy()
    dead[:, 3] = 0.25
    found, checker = alarms(t, dead, channels, known)
    assert found["unplugged"] == "error"
    assert checker.quality == "bad"


def test_a_missing_gyroscope_is_one_finding_that_says_what_follows():
    t, x, channels, _ = session("imu6", 3)
    x[:, 3:] = 0.0
    found, checker = alarms(t, x, channels)
    assert found["no_gyroscope"] == "error"
    assert "unplugged" not in found
    assert "has no gyroscope" in checker.checks[0].text
    assert "accelerometer alone" in checker.checks[0].text


def test_swapped_channels(worn):
    t, x, channels, known = worn
    swapped = x.copy()
    swapped[:, [1, 2]] = x[:, [2, 1]]
    found, checker = alarms(t, swapped, channels, known)
    assert found
    assert not any(channel == "" for channel in (check.channel for check in checker.checks))


def test_clipping_and_timing(worn):
    t, x, channels, _ = worn
    half = 0.6 * np.abs(x[:, 1]).max()
    clipped = x.copy()
    clipped[:, 1] = np.clip(x[:, 1], -half, half)
    assert "clipping" in alarms(t, clipped, channels, seconds=1e9)[0]
    found, _ = alarms(t, x, channels, declared_hz=200.0)
    assert found == {"rate": "warning"}


def test_findings_go_again_when_all_is_well():
    t, x, channels, _ = session("imu6", 3)
    dead = x.copy()
    dead[:3000, 4] = 0.0
    _, checker = alarms(t, dead, channels, seconds=1e9)
    assert checker.checks == []


def test_axes_in_words():
    swap_xy = next(m for m in PERMUTATIONS if swapped_axes(m) == "x and y")
    assert swap_xy[0, 0] == 0
    assert swapped_axes(np.diag([-1.0, 1.0, 1.0])) == "x"
    assert swapped_axes(np.diag([1.0, -1.0, -1.0])) == "x"
    down, up = np.array([0.2, 0.1, -1.0]), np.array([0.2, 0.1, 1.0])
    assert is_turned_round(down, up)
    assert not is_turned_round(np.array([0.9, 0.1, 0.6]), np.array([0.7, 0.2, 0.8]))


def test_triads_are_found_by_name_and_unit():
    channels = [("u2.acc_x", "m/s²"), ("u2.acc_y", "m/s²"), ("u2.acc_z", "m/s²"), ("bpm", ""), ("acceleration", "g")]
    (triad,) = find_triads(channels)
    assert (triad.kind, triad.unit, triad.columns) == ("acc", "u2", (0, 1, 2))
    assert find_norms(channels) == [(4, 9.80665)]


def test_a_baseline_survives_storage_and_narrows_slowly():
    t, x, channels, spans = session("imu6", 1)
    one = baseline_of(channels, t, x, spans)
    assert Baseline.from_json(one.to_json()).directions == one.directions
    assert set(one.directions) == {label for _, _, label in spans}
    smaller = Baseline(one.channels, one.low / 2, one.high / 2)
    both = one.merged(smaller)
    assert (both.high <= one.high).all()
    assert (both.high >= smaller.high).all()
    assert both.n_recordings == 2
    assert baseline_of(channels, t[:500], x[:500]) is None, "ten seconds teach nothing"
    with pytest.raises(BadValue):
        Baseline.from_json({"channels": []})
