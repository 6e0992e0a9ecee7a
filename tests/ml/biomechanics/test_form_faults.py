"""Strong faults are still the exercise: generated people whom nobody tuned the limits on."""

import numpy as np
import pytest

from mlops.ml.biomechanics.form import FormReport, analyse
from mlops.ml.biomechanics.generator import generate_set

SEEDS = (31, 32, 33, 34)


def report(exercise: str, fault: str, seed: int, severity: float = 0.9, given: str | None = None) -> FormReport:
    faults = {fault: severity} if fault else {}
    made = generate_set(exercise, 4, faults, ("right", "left")[seed % 2], seed)
    points = np.concatenate([made.landmarks, made.visibility[..., None]], axis=2).astype(float)
    return analyse(points, made.times, made.camera.width / made.camera.height, exercise=given)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("exercise", "fault"),
    [("squat", "forward_lean"), ("lunge", "forward_lean"), ("deadlift", ""), ("deadlift", "rounded_back")],
)
def test_a_bad_repetition_is_recognised_and_every_one_counted(exercise: str, fault: str, seed: int):
    found = report(exercise, fault, seed)
    assert (found.exercise["key"], found.n_repetitions) == (exercise, 4)


@pytest.mark.parametrize(
    ("exercise", "fault", "sentence"),
    [
        ("squat", "forward_lean", "lean"), ("lunge", "forward_lean", "lean"), ("lunge", "shallow_depth", "shallow"),
        ("deadlift", "bar_away", "bar_away"), ("bench_press", "hips_lift", "hips_off"),
        ("overhead_press", "bar_forward", "bar_forward"), ("overhead_press", "uncontrolled", "drop"),
    ],
)  # fmt: skip
def test_a_strong_fault_that_the_camera_sees_costs_points_and_is_named(exercise: str, fault: str, sentence: str):
    lost, named = [], []
    for seed in SEEDS:
        clean, bad = (report(exercise, fault, seed, severity, exercise) for severity in (0.0, 0.9))
        if clean.score is not None and bad.score is not None:
            lost.append(clean.score - bad.score)
            named += [sentence in {check["fault"] for check in one.faults} for one in bad.repetitions]
    assert len(lost) >= 3
    assert np.mean(lost) >= 5
    assert np.mean(named) > 0.5
