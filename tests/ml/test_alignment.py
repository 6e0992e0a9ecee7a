"""A video and a sensor of one movement are put on one time, or it is said why that cannot be done."""

import numpy as np
import pytest

from benchmarks.alignment import NEAR_ENOUGH_S, error_s
from benchmarks.alignment_pairs import Pair, generated_pair, periodic_pair, unrelated_pair
from mlops.ml.alignment import RATE_HZ, Alignment, CannotTell, MotionCurve, align, motion_curve
from mlops.ml.correlation import masked_correlation
from mlops.ml.sensors.motion_energy import motion_of_samples
from mlops.ml.vision.video.motion_energy import motion_of_landmarks

PAIRS = range(20)


def test_nineteen_of_twenty_lie_within_a_tenth_of_a_second():
    errors = [error_s(generated_pair(seed), 0.0) for seed in PAIRS]
    assert sum(one is not None and one <= NEAR_ENOUGH_S for one in errors) >= 19


def test_where_the_hips_keep_still_it_says_so_and_is_seldom_wrong():
    errors = [error_s(generated_pair(seed, is_wrist=False), 0.0) for seed in PAIRS]
    told = [one for one in errors if one is not None]
    assert len(told) >= 14
    assert sum(one > NEAR_ENOUGH_S for one in told) <= 2
    assert max(told) < 0.2


def test_without_time_stamps_the_whole_recording_is_looked_at():
    errors = [error_s(generated_pair(seed), None) for seed in PAIRS]
    assert sum(one is not None and one <= NEAR_ENOUGH_S for one in errors) >= 18
    assert all(one is None or one <= 2 * NEAR_ENOUGH_S for one in errors)


@pytest.mark.parametrize("near_s", [0.0, None])
def test_different_movements_are_never_aligned(near_s):
    assert [error_s(unrelated_pair(seed), near_s) for seed in PAIRS] == [None] * len(PAIRS)


def test_even_time_fits_at_several_places():
    told = [_aligned(periodic_pair(seed)) for seed in range(10)]
    assert all(isinstance(one, CannotTell) for one in told)
    assert CannotTell("several_fit") in told


def test_the_drift_of_a_clock_is_found_in_ten_minutes():
    long = next(pair for seed in range(100) if (pair := generated_pair(seed)).seconds > 500)
    found = _aligned(long)
    assert isinstance(found, Alignment)
    assert found.drift_ppm == pytest.approx(long.drift_ppm, abs=60)
    assert found.certainty > 0.7


def test_still_records_and_short_ones_say_why():
    pair = generated_pair(1)
    still = MotionCurve(0.0, np.full(3000, 0.01), still=0.05)
    assert align(still, pair.sensor) == CannotTell("still_first")
    assert align(pair.video, still) == CannotTell("still_second")
    short = MotionCurve(0.0, pair.video.energy[: int(10 * RATE_HZ)], pair.video.still)
    assert align(short, pair.sensor, near_s=0.0) in (CannotTell("too_short"), CannotTell("still_first"))
    assert align(pair.video, pair.sensor, near_s=10_000.0) == CannotTell("too_short")


def test_correlation_counts_only_what_is_known_of_both():
    rng = np.random.default_rng(3)
    y = rng.normal(size=400)
    x = y[100:300].copy()
    x[50:90] = np.nan
    found = masked_correlation(x, y)
    best = int(found.values[found.overlap >= 60].argmax())
    assert found.lags[found.overlap >= 60][best] == 100
    assert found.values[found.lags == 100][0] == pytest.approx(1.0)
    assert found.overlap[found.lags == 100][0] == 160


def test_a_hole_of_half_a_second_is_unknown():
    t = np.concatenate([np.arange(0, 2, 0.1), np.arange(4, 6, 0.1)])
    curve = motion_curve(t, np.ones(len(t)), 0.1)
    assert np.isnan(curve.energy[int(3 * RATE_HZ)])
    assert np.isfinite(curve.energy[int(1 * RATE_HZ)])


def test_the_speed_of_landmarks_is_in_picture_heights():
    t = np.arange(0, 10, 1 / 30)
    pose = np.zeros((len(t), 33, 4))
    pose[:, :, 0] = 0.1 + 0.05 * t[:, None]  # of the width, which is twice the height
    pose[:, :, 3] = 0.9
    curve = motion_of_landmarks(t, pose, 2.0)
    assert np.nanmedian(curve.energy) == pytest.approx(0.1, rel=0.02)
    pose[100:200] = np.nan
    assert np.isnan(motion_of_landmarks(t, pose, 2.0).energy[int(5 * RATE_HZ)])


def test_a_sensor_that_turns_moves_as_fast_as_it_turns():
    t = np.arange(0, 20, 0.01)
    turning = np.where((t // 5) % 4 == 1, 1.0, 0.0)
    angle = np.cumsum(turning) * 0.01
    acc = 9.80665 * np.stack([np.sin(angle), np.zeros_like(t), np.cos(angle)], 1)
    for samples, channels in (
        (acc, [(f"acc_{axis}", "m/s²") for axis in "xyz"]),
        (np.stack([turning, 0 * t, 0 * t], 1), [(f"gyr_{axis}", "rad/s") for axis in "xyz"]),
        (angle[:, None], [("lumbarAngle", "rad")]),
    ):
        curve = motion_of_samples(t, samples, channels)
        assert curve.energy[int(7.5 * RATE_HZ)] == pytest.approx(1.0, abs=0.05)
        assert curve.energy[int(2.5 * RATE_HZ)] == pytest.approx(0.0, abs=0.02)
    assert not len(motion_of_samples(t, turning[:, None], [("bpm", "1/min")]).energy)


def _aligned(pair: Pair) -> Alignment | CannotTell:
    return align(pair.video, pair.sensor, near_s=0.0)
