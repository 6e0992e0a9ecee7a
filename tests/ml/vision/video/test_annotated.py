"""Pictures with a report drawn over them."""

import numpy as np
import pytest

from mlops.ml.vision.video.annotated import Marks, RepetitionMark, drawn
from mlops.ml.vision.video.frames import Frame

SIZE = 240


def marks(**changed):
    points = np.full((2, 33, 3), np.nan)
    points[0] = [0.5, 0.5, 1.0]
    points[0, 25], points[0, 27] = [0.5, 0.6, 1.0], [0.5, 0.9, 1.0]
    given = {"angle": np.array([90.0, np.nan]), "repetitions": (RepetitionMark(1.0, 2.0, "Repetition 1", "80"),)}
    return Marks(np.array([0.0, 0.05]), points, at=25, title="Squat", **{**given, **changed})


def picture(t_s: float, **changed) -> np.ndarray:
    return drawn(Frame(0, np.full((SIZE, SIZE, 3), 128, np.uint8)), t_s, marks(**changed))


def test_the_body_is_drawn_where_it_is_and_nowhere_without_one():
    shank = (slice(170, 200), slice(115, 125))
    assert (picture(0.0)[shank] != 128).any()
    assert (picture(0.05)[shank] == 128).all()
    assert (picture(3.0)[shank] == 128).all()


def test_the_angle_stands_at_its_joint():
    beside = (slice(125, 155), slice(130, 160))
    with_angle, without = picture(0.0), picture(0.0, angle=np.full(2, np.nan))
    assert (with_angle[beside] != without[beside]).any()


@pytest.mark.parametrize(("before", "after"), [(0.5, 1.5), (1.5, 2.5)])
def test_the_number_comes_with_the_start_and_the_score_with_the_end(before, after):
    corner = (slice(30, 60), slice(0, SIZE))
    assert (picture(before)[corner] != picture(after)[corner]).any()
    assert (picture(0.5)[corner] == 128).all()
