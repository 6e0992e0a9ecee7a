"""Simulated sessions: repeatable, plausible, different between people."""

from dataclasses import asdict

import numpy as np
import pytest

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import FLEXTAIL, IMU6
from mlops.ml.sensors.simulate import (
    EXERCISES,
    OTHER,
    PLAN_KINDS,
    REST,
    Bout,
    demo_plan,
    random_subject,
    simulate_session,
)


@pytest.mark.parametrize("layout", [FLEXTAIL, IMU6], ids=lambda layout: layout.name)
@pytest.mark.parametrize("kind", PLAN_KINDS)
def test_a_session_is_whole_and_repeatable(layout, kind):
    plan = demo_plan(kind, 4)
    found = simulate_session(layout, plan, random_subject(2), 9)
    again = simulate_session(layout.name, plan, random_subject(2), 9)
    np.testing.assert_array_equal(found.samples, again.samples)
    assert found.samples.shape == (len(found.t_s), layout.n_channels)
    assert found.samples.dtype == np.float32
    assert np.isfinite(found.samples).all()
    np.testing.assert_allclose(np.diff(found.t_s), 0.02)
    minutes = found.t_s[-1] / 60
    assert (5 if kind in ("mixed", "strength", "bodyweight") else 1.5) < minutes < (4 if kind == "short" else 13)


def test_spans_are_in_order_and_hold_their_repetitions():
    found = simulate_session("flextail", demo_plan("mixed", 1), random_subject(1))
    edges = np.array([span[:2] for span in found.spans])
    assert (edges[:, 0] < edges[:, 1]).all()
    assert (edges[1:, 0] >= edges[:-1, 1] - 1e-9).all()
    assert edges[-1, 1] <= found.t_s[-1] + 0.1
    assert {label for *_, label in found.spans} == {*EXERCISES, REST, OTHER}
    for start, end, exercise in found.rep_times:
        assert any(a <= start and end <= b and label == exercise for a, b, label in found.spans)
    assert EXERCISES == ("squat", "deadlift", "plank", "pushup", "row", "burpee")


def test_as_many_repetitions_as_planned():
    plan = [Bout("squat", 7), Bout("plank", 1), Bout("walking", 2), Bout("burpee", 3)]
    found = simulate_session("imu6", plan, random_subject(3))
    counted = [exercise for *_, exercise in found.rep_times]
    assert (counted.count("squat"), counted.count("burpee"), len(counted)) == (7, 3, 10)


def test_movement_looks_like_itself():
    found = simulate_session(
        "flextail", [Bout("squat", 5), Bout("plank", 1), Bout("walking", 2), Bout("burpee", 4)], random_subject(8)
    )
    names = FLEXTAIL.channel_names

    def part(label, channel):
        start, end = next((a, b) for a, b, found_label in found.spans if found_label == label)
        inside = (found.t_s >= start) & (found.t_s < end)
        return found.samples[inside, names.index(channel)]

    assert np.median(part("plank", "sagittal")) > 1.0  # face down
    assert np.ptp(part("squat", "sagittal")) > 0.25
    assert part("rest", "sagittal").std() < 0.1
    assert part("burpee", "acceleration").max() > 1.4
    assert part(OTHER, "acceleration").std() > 3 * part("rest", "acceleration").std()
    start, end, _ = found.rep_times[0]
    middle = found.samples[np.searchsorted(found.t_s, (start + end) / 2), 1]
    edge = found.samples[np.searchsorted(found.t_s, start), 1]
    assert middle > edge + 0.2


def test_standing_imu_measures_gravity():
    found = simulate_session("imu6", [Bout("drinking", 1, 30.0)], random_subject(0))
    start, end, _ = found.spans[-1]
    rest = found.samples[(found.t_s > start + 1) & (found.t_s < end - 1)]
    assert np.linalg.norm(rest[:, :3], axis=1).mean() == pytest.approx(9.8, abs=0.3)
    assert rest[:, 2].mean() > 8
    assert np.abs(rest[:, 3:].mean(axis=0)).max() < 0.1


def test_subjects_differ_and_stay_themselves():
    assert random_subject(5) == random_subject(5)
    speeds = {round(random_subject(i).speed, 3) for i in range(20)}
    assert len(speeds) > 15
    plan = [Bout("squat", 8)]
    durations = [
        np.mean([b - a for a, b, _ in simulate_session("imu6", plan, random_subject(i), day).rep_times])
        for i in range(8)
        for day in range(2)
    ]
    by_subject = np.array(durations).reshape(8, 2)
    assert by_subject.mean(axis=1).std() > np.abs(by_subject[:, 0] - by_subject[:, 1]).mean()
    assert set(asdict(random_subject(1))) >= {"speed", "amplitude", "fatigue", "noise", "strap"}


def test_a_tired_set_slows_down():
    found = simulate_session("flextail", [Bout("squat", 30)], random_subject(4))
    durations = np.array([b - a for a, b, _ in found.rep_times])
    assert durations[-10:].mean() > durations[:10].mean()


def test_uneven_timing_is_that_of_the_real_device():
    found = simulate_session("flextail", demo_plan("short"), random_subject(1), timing="uneven")
    steps = np.diff(found.t_s)
    assert set(np.round(steps, 3)) == {0.031, 0.032, 0.060}
    assert 23 < 1 / steps.mean() < 27


def test_what_cannot_be_simulated():
    with pytest.raises(BadValue):
        simulate_session("imu9", demo_plan("short"), random_subject(1))
    with pytest.raises(BadValue):
        simulate_session("imu6", [], random_subject(1))
    with pytest.raises(BadValue):
        Bout("swimming", 3)
    with pytest.raises(BadValue):
        Bout("squat", 0)
