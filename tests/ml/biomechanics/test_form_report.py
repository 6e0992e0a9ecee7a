"""Reports of people who do not exist: exercise, count, angles, faults, what is withheld, and the files."""

import json
from math import isnan

import numpy as np
import pytest

from mlops.ml.biomechanics.form import analyse, exercises
from mlops.ml.biomechanics.form.analyse import measures_of
from mlops.ml.biomechanics.form.exports import angles_csv, coco, mot, trc
from mlops.ml.biomechanics.form.refine import refine
from mlops.ml.biomechanics.form.table import document
from mlops.ml.biomechanics.generator import generate_set
from mlops.ml.contract import BadValue
from tests.ml.biomechanics.people import ASPECT, STAND, Pose, both, filmed, filmed_set, mix, plank, swing, walking

SETS = [
    ("squat", 0), ("squat", 45), ("squat", 90), ("deadlift", 25), ("romanian_deadlift", 0), ("push_up", 0),
    ("overhead_press", 45), ("biceps_curl", 0), ("biceps_curl", 90), ("lateral_raise", 90), ("glute_bridge", 0),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "yaw"), SETS)
@pytest.mark.parametrize(("rate_hz", "is_mirrored"), [(15, True), (60, False)])
def test_exercise_and_count(exercise: str, yaw: float, rate_hz: float, is_mirrored: bool):
    landmarks, times, _ = filmed_set(
        exercise, count=3, yaw=yaw, rate_hz=rate_hz, is_mirrored=is_mirrored, jitter=0.008, seed=3
    )
    report = analyse(landmarks, times, ASPECT)
    assert (report.exercise["key"], report.n_repetitions) == (exercise, 3)
    assert all(one.score is not None and one.score > 75 for one in report.repetitions)
    json.dumps(report.to_dict(), allow_nan=False)


@pytest.mark.parametrize("yaw", [0, 45, 90, 180])
def test_walking_and_standing_are_no_exercise(yaw: float):
    for motion in (walking, lambda t: STAND):
        landmarks, times, _ = filmed(motion, seconds=5, yaw=yaw, jitter=0.01)
        report = analyse(landmarks, times, ASPECT)
        assert (report.n_repetitions, report.score, report.reason["code"]) == (0, None, "unknown")


def test_nothing_is_counted_where_a_repetition_is_cut():
    landmarks, times, _ = filmed_set("squat", count=2)
    whole = analyse(landmarks, times, ASPECT, exercise="squat")
    first, second = (one.peak_s for one in whole.repetitions)
    rows = (times >= first) & (times <= second)
    cut = analyse(landmarks[rows], times[rows], ASPECT, exercise="squat")
    assert whole.n_repetitions == 2
    assert (cut.n_repetitions, cut.reason["code"]) == (0, "none")


@pytest.mark.parametrize("yaw", [-40, -30, -15, 0, 15, 30, 45, 140, 150, 165, 180, 195, 210, 225])
@pytest.mark.parametrize("exercise", ["squat", "deadlift", "biceps_curl"])
def test_angles_agree_with_the_skeleton(exercise: str, yaw: float):
    """Within 3° of the angle between the bones in three dimensions, in every view whose angles are reported."""
    landmarks, times, solid = filmed_set(exercise, count=1, yaw=yaw)
    rows = measures_of(landmarks, times, ASPECT, is_smooth=True)
    joints = {"knee": (23, 25, 27), "elbow": (11, 13, 15), "hip": (11, 23, 25)}
    for joint in ("elbow",) if exercise == "biceps_curl" else ("knee", "hip"):
        a, b, c = (solid[:, n] * [1, 1, 0] for n in joints[joint])
        u, v = a - b, c - b
        cosine = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
        true = 180 - np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        ours = np.array([row[f"{joint}_left"] for row in rows])
        assert np.abs(ours - true).max() < 3.0, joint


@pytest.mark.parametrize("yaw", [90, 270])
def test_angles_from_the_front_and_from_behind_agree_with_the_skeleton(yaw: float):
    """Within 3° of the angle between the bones across the body: arms that rise to the side, straight and bent."""
    landmarks, times, solid = filmed_set("lateral_raise", count=1, yaw=yaw)
    rows = measures_of(landmarks, times, ASPECT, is_smooth=True)
    flat = solid * [0, 1, 1]
    down = (flat[:, 23] + flat[:, 24] - flat[:, 11] - flat[:, 12]) / 2
    for joint, u, v in (
        ("shoulder", flat[:, 13] - flat[:, 11], down),
        ("elbow", flat[:, 11] - flat[:, 13], flat[:, 15] - flat[:, 13]),
    ):
        cosine = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
        inner = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        true = inner if joint == "shoulder" else 180 - inner
        ours = np.array([row[f"{joint}_left"] for row in rows])
        assert joint == "elbow" or np.ptp(true) > 60
        assert np.abs(ours - true).max() < 3.0, joint
    trunk = np.array([row["trunk"] for row in rows])
    assert np.abs(trunk).max() < 3.0


def shallow(t: float) -> Pose:
    return mix(STAND, Pose((-0.2, 0.7), 35, both(0, 0.07, 0.13), both(0.4, 0.95, 0.2)), swing(t, count=3))


def test_a_shallow_squat_is_told_and_costs():
    landmarks, times, _ = filmed(shallow, seconds=11)
    report = analyse(landmarks, times, ASPECT, exercise="squat")
    deep, deep_t, _ = filmed_set("squat", count=3)
    good = analyse(deep, deep_t, ASPECT, exercise="squat")
    assert report.n_repetitions == 3
    assert report.score < good.score - 8
    assert {one.cue for one in report.repetitions} == {"Deeper"}
    depth = report.repetitions[0].depth
    assert depth["measure"] == "thigh"
    assert depth["value"] < good.repetitions[0].depth["value"]


def test_a_hidden_part_and_a_wrong_view_are_said():
    landmarks, times, _ = filmed_set("squat", count=3)
    landmarks[:, [27, 28], 3] = 0.3
    hidden = analyse(landmarks, times, ASPECT, exercise="squat")
    assert (hidden.score, hidden.reason["code"]) == (None, "hidden")
    landmarks, times, _ = filmed_set("deadlift", count=3, yaw=90)
    front = analyse(landmarks, times, ASPECT, exercise="deadlift")
    assert (front.score, front.reason["code"]) == (None, "view")
    assert "side" in front.reason["how"]


def test_a_plank_is_a_hold():
    landmarks, times, _ = filmed(lambda t: plank(0.0), seconds=8, jitter=0.004)
    report = analyse(landmarks, times, ASPECT)
    assert report.exercise["key"] == "plank"
    assert report.n_repetitions == 1
    assert report.repetitions[0].pause_s > 6


@pytest.mark.parametrize("exercise", ["squat", "biceps_curl", "push_up"])
def test_refinement_lowers_the_error_and_invents_nothing(exercise: str):
    shown, times, _ = filmed_set(exercise, count=3, jitter=0.012, seed=5)
    exact, _, _ = filmed_set(exercise, count=3)
    refined = refine(shown, times, ASPECT)
    joint = "elbow_left" if exercise != "squat" else "knee_left"

    def angles(points: np.ndarray) -> np.ndarray:
        return np.array([row[joint] for row in measures_of(points, times, ASPECT, is_smooth=True)])

    before, after = (np.abs(angles(one) - angles(exact)).mean() for one in (shown, refined))
    assert after < 0.6 * before
    again = analyse(refined, times, ASPECT, exercise=exercise)
    assert again.n_repetitions == 3
    still, still_t, _ = filmed(lambda t: STAND, seconds=6, jitter=0.02)
    assert analyse(refine(still, still_t, ASPECT), still_t, ASPECT, exercise="squat").n_repetitions == 0


@pytest.mark.parametrize(("exercise", "joint"), [("squat", "knee"), ("deadlift", "hip"), ("overhead_press", "elbow")])
def test_refinement_takes_away_what_trembles_and_drifts(exercise: str, joint: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlops.ml.biomechanics.generator.jitter.OFFSET", 0.0)
    made = generate_set(exercise, 3, view="right", seed=7)
    exact = generate_set(exercise, 3, view="right", seed=7, jitter=0.0, camera=made.camera)
    aspect = made.camera.width / made.camera.height
    shown, truth = (
        np.concatenate([one.landmarks, made.visibility[..., None]], axis=2).astype(float) for one in (made, exact)
    )
    angle = [
        np.array([row[f"{joint}_right"] for row in measures_of(one, made.times, aspect, is_smooth=True)])
        for one in (truth, shown, refine(shown, made.times, aspect))
    ]
    before, after = (np.abs(one - angle[0]).mean() for one in angle[1:])
    assert after < 0.6 * before


def test_missing_stays_missing():
    landmarks, times, _ = filmed_set("squat", count=2)
    landmarks[20:60] = np.nan
    report = analyse(landmarks, times, ASPECT, exercise="squat")
    assert report.angles["knee_left"][30] is None
    assert report.subject["share_seen"] == pytest.approx(1 - 40 / len(times))
    gone = analyse(np.full((60, 33, 4), np.nan), np.arange(60) / 30, ASPECT)
    assert gone.reason["code"] == "nobody"


def test_files():
    landmarks, times, _ = filmed_set("squat", count=2)
    landmarks[5] = np.nan
    report = analyse(landmarks, times, ASPECT, height_m=1.8)
    head, rows = mot(report).split("endheader\n")
    assert f"nRows={len(times) - 1}" in head
    assert "inDegrees=yes" in head
    assert len(rows.strip().splitlines()) == len(times)
    assert "knee_angle_l" in rows.splitlines()[0]
    lines = trc(landmarks, times.tolist(), ASPECT, 1.8).splitlines()
    assert lines[2].split("\t")[3:5] == ["33", "m"]
    first = np.array(lines[6].split("\t")[2:], float).reshape(33, 3)
    trunk = np.linalg.norm(first[11] - first[23])
    assert 0.4 < trunk < 0.65
    assert len(lines) == 6 + len(times)
    assert angles_csv(report).splitlines()[0].startswith("time_s,repetition,phase,knee_left_deg")
    assert len(json.loads(coco(landmarks, times.tolist(), (1280, 720)))["annotations"]) == len(times) - 1


def test_the_table_is_whole():
    found = exercises()
    assert len(found) >= 20
    measures = measures_of(*filmed_set("squat", count=1)[:2], ASPECT)[0]
    for one in found.values():
        assert all((one.needs, one.views, one.faults)), one.key
        assert sum(fault.points for fault in one.faults) >= 60, one.key
        named = [*one.counts_if, *one.tells, *one.posture, *(f for f in one.faults if f.take != "value")]
        for row in named:
            assert row.measure in measures, (one.key, row.measure)
        for fault in one.faults:
            assert fault.source in document()["sources"]
            assert fault.sentence.endswith(".")
            assert len(fault.cue) < 30
            assert fault.limit != fault.worst
            assert set(fault.views) <= {"side", "oblique", "front", "back"}
    assert not isnan(measures["knee"])


def test_wrong_arrays_are_refused():
    landmarks, times, _ = filmed_set("squat", count=1)
    for bad in (
        lambda: analyse(landmarks[:, :17], times, ASPECT),
        lambda: analyse(landmarks, times[::-1], ASPECT),
        lambda: analyse(landmarks, times, 0.0),
        lambda: analyse(landmarks, times, ASPECT, exercise="juggling"),
        lambda: analyse(landmarks, times, ASPECT, height_m=17),
    ):
        with pytest.raises(BadValue):
            bad()
