"""One table of points: what comes from what, and what is said to be unknown."""

import itertools

import numpy as np
import pytest

from mlops.ml.contract import BadShape, BadValue
from mlops.ml.vision.pose2d import convert, mapping, unmapped
from mlops.ml.vision.pose2d.keypoints import SETS


def test_the_sets_have_their_sizes_and_no_name_twice():
    sizes = {name: len(points) for name, points in SETS.items()}
    assert sizes == {"coco17": 17, "mediapipe33": 33, "wholebody133": 133, "h36m17": 17}
    assert all(len(set(points)) == len(points) for points in SETS.values())


def test_coco_points_are_where_mediapipe_and_wholebody_have_them():
    assert [of[0] for of in mapping("mediapipe33", "coco17")] == [
        0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28,
    ]  # fmt: skip
    assert [of[0] for of in mapping("wholebody133", "coco17")] == list(range(17))


def test_the_order_of_h36m_from_coco():
    """As MotionBERT prepares them: middle of the hips, right leg, left leg, spine, neck, nose, head, arms."""
    assert mapping("coco17", "h36m17") == (
        (11, 12), (12,), (14,), (16,), (11,), (13,), (15,), (11, 12, 5, 6), (5, 6), (0,), (1, 2), (5,), (7,), (9,),
        (6,), (8,), (10,),
    )  # fmt: skip
    assert unmapped("coco17", "h36m17") == unmapped("mediapipe33", "h36m17") == unmapped("wholebody133", "h36m17") == ()


def test_what_cannot_be_mapped_is_named():
    assert unmapped("h36m17", "coco17") == ("left_eye", "right_eye", "left_ear", "right_ear")
    assert set(unmapped("coco17", "mediapipe33")) >= {"left_heel", "left_foot_index", "left_thumb", "mouth_left"}
    assert len(unmapped("coco17", "mediapipe33")) == 33 - 17
    assert unmapped("wholebody133", "mediapipe33") == ()
    from_mediapipe = unmapped("mediapipe33", "wholebody133")
    assert {"left_big_toe", "face_0", "right_ring_1"} <= set(from_mediapipe)
    assert "left_heel" not in from_mediapipe
    for source, target in itertools.product(SETS, SETS):
        assert (unmapped(source, target) == ()) if source == target else True
        assert all(of == () for of, name in zip(mapping(source, target), SETS[target], strict=True)
                   if name in unmapped(source, target))  # fmt: skip


def test_means_unknown_points_and_their_scores():
    points, scores = np.arange(34.0).reshape(17, 2), np.linspace(0.1, 0.9, 17)
    found, sure = convert(points, scores, "coco17", "h36m17")
    np.testing.assert_allclose(found[0], points[[11, 12]].mean(0))
    assert sure[0] == scores[11]
    back, unsure = convert(found, sure, "h36m17", "coco17")
    assert np.isnan(back[1]).all()
    assert unsure[1] == 0
    np.testing.assert_allclose(back[[0, *range(5, 17)]], points[[0, *range(5, 17)]])
    points[11] = np.nan
    found, sure = convert(np.stack([points] * 3), np.stack([scores] * 3), "coco17", "h36m17")
    assert found.shape == (3, 17, 2)
    assert np.isnan(found[:, 0]).all()
    assert (sure[:, 0] == 0).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadValue, match="halpe26"):
        mapping("coco17", "halpe26")
    with pytest.raises(BadShape):
        convert(np.zeros((16, 2)), np.zeros(16), "coco17", "h36m17")
    with pytest.raises(BadShape):
        convert(np.zeros((17, 2)), np.zeros(16), "coco17", "h36m17")
