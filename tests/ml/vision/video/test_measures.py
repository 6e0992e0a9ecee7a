"""Angles, speeds, distances, gaps and people on landmarks made by hand."""

import numpy as np
import pytest

from mlops.ml.limited import ParserFailed
from mlops.ml.vision.pose import LANDMARKS
from mlops.ml.vision.video.facts import VideoFacts
from mlops.ml.vision.video.gaps import Gap, fill_short, gaps_of
from mlops.ml.vision.video.kinematics import (
    ANGLE_NAMES,
    angle_deg,
    angles_to_tell,
    distance_to_boxes,
    hands_of_pose,
    joint_angles,
    speed_per_s,
)
from mlops.ml.vision.video.people import people_of
from mlops.ml.vision.video.rows import Rows, joined
from mlops.ml.vision.video.segment import Segment
from mlops.ml.vision.video.workers import _check

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)


def standing(middle_px=(500.0, 500.0), trunk_px=200.0, size=LANDSCAPE):
    """(33, 8) of somebody upright with bent knees, in shares of the picture."""
    body = np.zeros((33, 8), np.float32)
    x, y = middle_px
    places = {"nose": (0, -0.9), "shoulder": (0.3, -0.5), "elbow": (0.4, 0), "wrist": (0.4, 0.5), "index": (0.4, 0.6)}
    places |= {"pinky": (0.4, 0.6), "hip": (0.2, 0.5), "knee": (0.7, 0.5), "ankle": (0.7, 1.3)}
    places |= {"foot_index": (0.9, 1.3)}
    for number, name in enumerate(LANDMARKS):
        side = -1 if name.startswith("right") else 1
        dx, dy = places.get(name.removeprefix("left_").removeprefix("right_"), (0, -0.8))
        body[number, :2] = (x + side * dx * trunk_px) / size[0], (y + dy * trunk_px) / size[1]
    body[:, 3:5] = 0.9
    return body


def rows_of(bodies_of_frames, looks=None):
    """Rows of frames, each a list of bodies (33, 8); `looks` of each body, grey by default."""
    flat = [body for frame in bodies_of_frames for body in frame]
    n = len(bodies_of_frames)
    return Rows(
        number=np.arange(n),
        n_bodies=np.array([len(frame) for frame in bodies_of_frames], np.int64),
        bodies=np.array(flat, np.float32).reshape(-1, 33, 8),
        hands=np.full((len(flat), 2, 21, 3), np.nan, np.float32),
        looks=np.full((len(flat), 6), 0.5, np.float32) if looks is None else np.array(looks, np.float32),
        free_hands=np.full((n, 2, 21, 3), np.nan, np.float32),
        n_objects=np.zeros(n, np.int64),
        objects=np.zeros((0, 6), np.float32),
    )


def test_angles_are_the_same_in_portrait_and_landscape():
    found = [joint_angles(standing(size=size)[None], size) for size in (PORTRAIT, LANDSCAPE)]
    for name in ANGLE_NAMES:
        np.testing.assert_allclose(found[0][name], found[1][name], atol=0.01)
    assert found[0]["left_knee_angle"][0] == pytest.approx(90, abs=0.1)
    assert found[0]["right_knee_angle"][0] == pytest.approx(90, abs=0.1)
    assert found[0]["left_ankle_angle"][0] == pytest.approx(90, abs=0.1)


def test_a_straight_joint_is_180_and_no_length_no_angle():
    a, b, c = np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]]), np.array([[3.0, 3.0]])
    assert angle_deg(a, b, c) == pytest.approx(180)
    assert angle_deg(a, b, a) == pytest.approx(0)
    assert np.isnan(angle_deg(a, a, c))


def test_a_hidden_joint_has_no_angle_and_a_hidden_wrist_no_place():
    body = standing()[None].copy()
    body[0, LANDMARKS.index("left_wrist"), 3] = 0.1
    angles = joint_angles(body, LANDSCAPE)
    assert np.isnan(angles["left_elbow_angle"][0])
    assert np.isfinite(angles["right_elbow_angle"][0])
    assert np.isfinite(angles["left_shoulder_angle"][0])
    assert np.isnan(hands_of_pose(body, "left")).all()
    assert np.isfinite(hands_of_pose(body, "right")).all()


def test_speed_is_by_time_and_not_by_frame():
    place = np.array([[0.1, 0.5], [0.2, 0.5], [0.3, 0.5], [np.nan, np.nan], [0.4, 0.5]])
    speed = speed_per_s(place, np.array([0.0, 0.1, 0.3, 0.4, 0.5]), (200, 100))
    np.testing.assert_allclose(speed, [np.nan, 2.0, 1.0, np.nan, np.nan])


def test_distance_to_the_nearest_box():
    boxes = [np.array([[0.2, 0.0, 0.3, 1.0], [0.9, 0.0, 1.0, 1.0]]), np.zeros((0, 4)), np.array([[0.0, 0.0, 1.0, 1.0]])]
    place = np.array([[0.1, 0.5], [0.1, 0.5], [0.5, 0.5]])
    np.testing.assert_allclose(distance_to_boxes(place, boxes, (200, 100)), [0.2, np.nan, 0.0])


def test_gaps_up_to_a_quarter_of_a_second():
    is_seen = np.array([0, 1, 0, 0, 1, 0, 0, 0, 1, 0], bool)
    t_s = np.arange(10) * 0.1
    values = np.where(is_seen, np.arange(10.0), np.nan).astype(np.float32)[:, None]
    assert gaps_of(is_seen) == [Gap(0, 0), Gap(2, 3), Gap(5, 7), Gap(9, 9)]
    filled = fill_short(values, is_seen, t_s)
    assert list(np.flatnonzero(filled)) == [2, 3]
    np.testing.assert_allclose(values[:, 0], [np.nan, 1, 2, 3, 4, np.nan, np.nan, np.nan, 8, np.nan])
    uneven = np.array([1.0, np.nan, 5.0], np.float32)[:, None]
    fill_short(uneven, np.array([True, False, True]), np.array([0.0, 0.05, 0.2]))
    assert uneven[1, 0] == pytest.approx(2.0)  # a quarter of the time, a quarter of the way


def test_two_who_cross_keep_their_colours():
    red, blue = [0.8, 0.1, 0.1] * 2, [0.1, 0.1, 0.8] * 2
    frames, looks = [], []
    for i in range(41):
        frames.append([standing((300 + 30 * i, 500)), standing((1500 - 30 * i, 500))])
        looks += [red, blue]
    first, second = people_of(rows_of(frames, looks), np.arange(41) / 30, LANDSCAPE)
    assert {int(one) % 2 for one in first.body} != {int(one) % 2 for one in second.body}
    assert len({int(one) % 2 for one in first.body}) == 1
    assert first.is_seen.all()
    assert second.is_seen.all()
    left, top, right, bottom = first.box
    middle = (300 + 30 * first.best if first.body[0] % 2 == 0 else 1500 - 30 * first.best) / LANDSCAPE[0]
    assert 0 <= left < middle < right <= 1
    assert 0 <= top < bottom <= 1


def test_the_subject_is_who_is_long_large_and_in_the_middle():
    main, large, brief = standing((960, 500), 200), standing((100, 500), 260), standing((900, 520), 300)
    colours = {0: [0.9] * 6, 1: [0.1] * 6, 2: [0.5] * 6}
    frames = [[main, large] + ([brief] if i < 5 else []) for i in range(60)]
    looks = [colours[k] for frame in frames for k in range(len(frame))]
    people = people_of(rows_of(frames, looks), np.arange(60) / 30, LANDSCAPE)
    shares = [float(person.is_seen.mean()) for person in people]
    first = rows_of(frames, looks).bodies[people[0].body[-1]]
    np.testing.assert_allclose(first, main)
    assert shares == [1.0, 1.0, pytest.approx(5 / 60)]


def test_the_same_clothes_after_a_gap_are_the_same_person_and_others_are_not():
    red, blue = [0.8, 0.1, 0.1] * 2, [0.1, 0.1, 0.8] * 2
    frames = [[standing()]] * 30 + [[]] * 60 + [[standing((800, 500))]] * 30
    t_s = np.arange(120) / 30
    assert len(people_of(rows_of(frames, [red] * 60), t_s, LANDSCAPE)) == 1
    assert len(people_of(rows_of(frames, [red] * 30 + [blue] * 30), t_s, LANDSCAPE)) == 2


def test_nobody_at_all():
    assert people_of(rows_of([[]] * 4), np.arange(4) / 30, LANDSCAPE) == []
    assert len(joined([]).number) == 0


def test_rows_that_a_child_may_not_send():
    segment = Segment(0, 10, 20, 2)
    good = rows_of([[standing()]] * 3)

    def numbered(*numbers):
        return Rows(**{**vars(good), "number": np.array(numbers, np.int64)})

    _check(numbered(10, 12, 14), segment, [])
    for wrong in ((10, 11, 12), (8, 10, 12), (16, 18, 20), (14, 12, 10), (10, 10, 12)):
        with pytest.raises(Exception, match="damaged"):
            _check(numbered(*wrong), segment, [])
    with pytest.raises(ParserFailed):
        _check(numbered(10, 12, 14), segment, [numbered(10, 12, 14)])  # twice
    for name, value in (("bodies", good.bodies[:2]), ("n_bodies", good.n_bodies * 9), ("looks", good.looks * np.nan)):
        with pytest.raises(Exception, match="damaged"):
            Rows(**{**vars(good), name: value}).check()


def test_the_grid_begins_at_zero_with_a_second_before_each_segment():
    from mlops.ml.vision.video.extract import segments_of

    def facts(t_s):
        rest = {name: None for name in VideoFacts.__dataclass_fields__}
        return VideoFacts(**{**rest, "t_s": np.asarray(t_s)})

    found = segments_of(facts(np.arange(0, 70, 0.1)), 1)
    assert [(one.warm_up, one.first, one.last) for one in found] == [(0, 0, 300), (290, 300, 600), (590, 600, 700)]
    assert [one.n_rows for one in segments_of(facts([0.0]), 5)] == [1]
    assert len(segments_of(facts([0.0, 95.0]), 1)) == 2  # two frames far apart


def test_an_elbow_that_points_at_the_camera_is_not_told_as_folded():
    pose, world = np.full((1, 33, 8), np.nan, np.float32), np.zeros((1, 33, 3), np.float32)
    pose[:, :, 3] = 1.0
    places = {"shoulder": (0.5, 0.3), "elbow": (0.5, 0.42), "wrist": (0.505, 0.32)}
    in_space = {"shoulder": (0.0, -0.5, 0.0), "elbow": (0.0, -0.25, 0.1), "wrist": (0.01, -0.4, 0.35)}
    for name, place in places.items():
        number = LANDMARKS.index(f"right_{name}")
        pose[0, number, :2], world[0, number] = place, in_space[name]
    assert joint_angles(pose, (100, 100))["right_elbow_angle"][0] < 10
    assert np.isnan(angles_to_tell(pose, world, (100, 100))["right_elbow_angle"][0])
    world[0, LANDMARKS.index("right_wrist")] = (0.25, -0.3, 0.1)
    pose[0, LANDMARKS.index("right_wrist"), :2] = (0.62, 0.38)
    assert 50 < angles_to_tell(pose, world, (100, 100))["right_elbow_angle"][0] < 90
    pose[0, LANDMARKS.index("right_wrist"), 3] = 0.4
    assert np.isnan(angles_to_tell(pose, world, (100, 100))["right_elbow_angle"][0])
