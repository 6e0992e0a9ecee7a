"""Generated repetitions: the truth follows from the motion."""

import csv
import json

import numpy as np
import pytest

from mlops.ml.biomechanics.generator import (
    EXERCISES,
    FAULTS,
    LEVELS,
    VIEWS,
    form_level,
    form_score,
    generate_repetition,
    generate_set,
    make_body,
    skeleton_of,
    skeleton_seen,
)
from mlops.ml.biomechanics.generator.dataset import draw_faults, generate, write_dataset
from mlops.ml.biomechanics.geometry import ANGLES, INDEX, joint_angles

LIMBS = (("shoulder", "elbow", "upper_arm"), ("elbow", "wrist", "forearm"), ("hip", "knee", "thigh"),
         ("knee", "ankle", "shank"))  # fmt: skip


def degrees(a, b, c):
    """By the law of cosines, not as the code does it."""
    ab, cb, ac = (np.linalg.norm(p - q, axis=-1) for p, q in ((a, b), (c, b), (a, c)))
    return np.degrees(np.arccos(np.clip((ab**2 + cb**2 - ac**2) / (2 * ab * cb), -1, 1)))


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("worst", [False, True])
def test_bones_keep_their_length(exercise, worst):
    body = make_body(5)
    faults = {name: float(worst) for name in FAULTS[exercise]}
    world = generate_repetition(exercise, faults, "front", 5, body=body).world
    for side in ("left", "right"):
        for a, b, length in LIMBS:
            bone = np.linalg.norm(world[:, INDEX[f"{side}_{a}"]] - world[:, INDEX[f"{side}_{b}"]], axis=1)
            assert np.abs(bone - getattr(body, length)).max() < 1e-6, (side, a, b)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_true_angles_are_those_of_the_skeleton(exercise):
    found = generate_repetition(exercise, {"uneven_sides": 0.7}, "right", 2)
    for name, (a, b, c) in ANGLES.items():
        direct = degrees(*(found.world[:, INDEX[one]] for one in (a, b, c))).min()
        assert found.truth[0].angles[name] == pytest.approx(direct, abs=1e-3)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_fault_is_full_marks_and_each_fault_costs_what_the_table_says(exercise):
    assert generate_repetition(exercise).truth[0].form_score == 100.0
    for name, fault in FAULTS[exercise].items():
        told = generate_repetition(exercise, {name: 0.5}).truth[0]
        assert told.form_score == pytest.approx(100 - fault.cost / 2)
        assert told.form_level == form_level(told.form_score)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_each_fault_moves_the_body(exercise):
    sound = generate_repetition(exercise, {}, "front", 3).world
    for name in FAULTS[exercise]:
        faulty = generate_repetition(exercise, {name: 1.0}, "front", 3).world
        n = min(len(sound), len(faulty))
        assert np.abs(sound[:n] - faulty[:n]).max() > 0.03, name


RISKY = {
    "squat": ("knee_valgus", "butt_wink", "forward_lean", "uneven_sides", "uncontrolled"),
    "deadlift": ("rounded_back", "uneven_sides", "uncontrolled"),
    "bench_press": ("elbow_flare", "hips_lift", "uneven_sides", "uncontrolled"),
    "overhead_press": ("back_arch", "uneven_sides", "uncontrolled"),
    "lunge": ("knee_valgus", "forward_lean", "uneven_sides", "uncontrolled"),
}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_risk_grows_with_the_faults_that_load_the_body(exercise):
    for name in RISKY[exercise]:
        risks = [generate_repetition(exercise, {name: size}, "front", 4).truth[0].risk for size in (0.0, 0.6, 1.0)]
        assert risks[0] < 10, (name, risks)
        assert risks == sorted(risks), (name, risks)
        assert risks[2] > risks[0], (name, risks)


@pytest.mark.parametrize(("knee", "hip", "elbow"), [(58, 50, 160), (90, 80, 60), (120, 100, 90), (150, 170, 30)])
def test_a_skeleton_of_known_angles(knee, hip, elbow):
    found = joint_angles(skeleton_of(knee=knee, hip=hip, elbow=elbow, shoulder=25))
    for name, values in found.items():
        expected = {"knee": knee, "hip": hip, "elbow": elbow}[name.split("_")[1]]
        assert values[0] == pytest.approx(expected, abs=0.01)


def test_an_exact_side_view_shows_the_angle():
    world = skeleton_of(knee=90, hip=80, elbow=60)
    landmarks, camera = skeleton_seen(world, "right")
    flat = landmarks[..., :2] * [camera.width, camera.height]
    assert degrees(*(flat[:, INDEX[f"right_{one}"]] for one in ("hip", "knee", "ankle")))[0] == pytest.approx(90, abs=3)


def test_left_and_right_of_the_picture_follow_the_view():
    front = generate_repetition("squat", {}, "front", 1, jitter=0).landmarks
    back = generate_repetition("squat", {}, "back", 1, jitter=0).landmarks
    left, right = INDEX["left_shoulder"], INDEX["right_shoulder"]
    assert (front[:, left, 0] > front[:, right, 0]).all()
    assert (back[:, left, 0] < back[:, right, 0]).all()
    side = generate_repetition("squat", {}, "right", 1, jitter=0).landmarks
    assert (side[:, right, 2] < side[:, left, 2]).all(), "what is nearer has the smaller z"


@pytest.mark.parametrize("view", VIEWS)
def test_the_whole_body_is_in_the_picture(view):
    for seed, exercise in enumerate(EXERCISES):
        points = generate_repetition(exercise, {}, view, seed, jitter=0).landmarks[..., :2]
        assert points.min() > -0.05
        assert points.max() < 1.05


def test_the_far_side_is_hidden_from_the_side():
    seen = generate_repetition("squat", {}, "right", 1).visibility
    assert seen[:, INDEX["left_hip"]].mean() < seen[:, INDEX["right_hip"]].mean() - 0.2


def test_jitter_is_correlated_larger_where_hidden_and_in_depth():
    exact = generate_repetition("squat", {}, "right", 7, jitter=0)
    found = generate_repetition("squat", {}, "right", 7, jitter=1)
    gap = (found.landmarks - exact.landmarks) * [exact.camera.width, exact.camera.height, exact.camera.width]
    gap = gap - gap.mean(axis=0)
    sd = gap.std(axis=0)
    assert sd[:, 2].mean() > 2 * sd[:, :2].mean()
    assert sd[INDEX["left_hip"], :2].mean() > 1.3 * sd[INDEX["right_hip"], :2].mean()
    one = gap[:, INDEX["right_knee"], 1]
    assert np.corrcoef(one[1:], one[:-1])[0, 1] > 0.2


def test_a_set_has_its_repetitions_apart_and_each_with_its_truth():
    found = generate_set("squat", 4, {"shallow_depth": 0.3}, "left", 9, rest_s=(0.5, 1.0), varied=True)
    assert len(found.truth) == 4
    assert len(found.times) == len(found.landmarks) == len(found.visibility)
    height = -found.world[:, INDEX["left_hip"], 1]
    for one, after in zip(found.truth, [*found.truth[1:], None], strict=True):
        assert one.start_s < one.turn_s < one.end_s
        inside = (found.times >= one.start_s) & (found.times < one.end_s)
        lowest = found.times[inside][height[inside].argmax()]
        assert abs(lowest - one.turn_s) < 0.5
        assert after is None or after.start_s >= one.end_s + 0.5
    assert len({one.form_score for one in found.truth}) == 4


def test_the_same_seed_gives_the_same_numbers_and_another_does_not():
    one, again, other = (generate_set("lunge", 2, {}, "front", seed).landmarks for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert (one.shape != other.shape or not np.allclose(one, other))


def test_wrong_faults_are_refused():
    with pytest.raises(ValueError, match="faults of squat"):
        generate_repetition("squat", {"elbow_flare": 0.5})
    with pytest.raises(ValueError, match="from 0 to 1"):
        generate_repetition("squat", {"knee_valgus": 1.5})


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("level", LEVELS)
def test_drawn_faults_land_in_their_level(exercise, level):
    for seed in range(30):
        faults = draw_faults(np.random.default_rng(seed), exercise, level)
        assert form_level(form_score(exercise, faults) + 0.05) == level or form_level(
            form_score(exercise, faults)
        ) == level


def test_the_files_of_a_data_set(tmp_path):
    write_dataset(tmp_path, 20, seed=3)
    rows = list(csv.DictReader((tmp_path / "biomechanics_dataset.csv").open()))
    told = json.loads((tmp_path / "biomechanics_labels.json").read_text())
    assert len(rows) == len(told["sequences"]) == len(list((tmp_path / "landmark_sequences").glob("*.npy"))) == 20
    assert told["joint_angles"] == list(ANGLES)
    assert len(ANGLES) == 6
    assert told["exercises"] == list(EXERCISES)
    assert {row["exercise"] for row in rows} == set(EXERCISES)
    assert {row["form_level"] for row in rows} == set(LEVELS)
    for row in rows:
        points = np.load(tmp_path / row["file"], allow_pickle=False)
        assert points.shape == (int(row["frames"]), 33, 3)
        assert np.isfinite(points).all()
        faults = told["sequences"][row["sequence_id"]]["faults"]
        assert float(row["form_score"]) == pytest.approx(form_score(row["exercise"], faults), abs=0.01)


def test_a_person_is_one_body_in_all_exercises():
    lengths = {}
    for made in generate(10, seed=1, jitter=0):
        world = made.sequence.world
        thigh = np.linalg.norm(world[0, INDEX["left_hip"]] - world[0, INDEX["left_knee"]])
        lengths.setdefault(made.subject, set()).add(round(float(thigh), 6))
    assert len(lengths) == 2
    assert all(len(one) == 1 for one in lengths.values())
    assert lengths[0] != lengths[1]
