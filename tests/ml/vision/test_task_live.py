"""Frames one by one give the windows of the feature file: the live path and the file path share their functions."""

import numpy as np
import pytest

from mlops.ml.contract import BadShape, BadValue
from mlops.ml.vision.task_columns import FeaturePlan
from mlops.ml.vision.task_features import whole_file
from mlops.ml.vision.task_generator import Video, landmarks, moved, projected
from mlops.ml.vision.task_live import LiveTask
from mlops.ml.vision.task_shards import all_windows, stretches_of
from mlops.ml.vision.task_smoothing import Smoother
from mlops.ml.vision.task_windows import TaskWindow
from mlops.ml.vision.video.gaps import fill_short
from mlops.ml.vision.video.table import Subject, write

SIZE = (480, 640)
SPEC = TaskWindow(2.0, 0.5).at(15.0)


def filmed(seconds=20.0, fps=24.0):
    """(t, pose (n, 33, 4)) of a generated person."""
    rng = np.random.default_rng(4)
    _label, t, points = moved(Video("made-000001", 3, seconds, fps), rng, np.random.default_rng(9))
    places = landmarks(projected(points, rng, 1.0))
    pose = np.concatenate([places, np.zeros((*places.shape[:2], 1)), np.full((*places.shape[:2], 1), 0.9)], axis=2)
    return t, pose.astype(np.float32)


def of_file(path, t, pose, plan):
    """The windows of a feature file with these frames, and when each begins."""
    whole = np.concatenate([pose, np.zeros((len(t), 33, 4), np.float32)], axis=2)
    whole[np.isnan(pose[:, 0, 0])] = np.nan
    is_filled = fill_short(whole, np.isfinite(whole[:, 0, 0]), t)
    subject = Subject(whole, np.full((len(t), 2, 21, 3), np.nan, np.float32), is_filled, True)
    write(
        path, video_id="v", number=np.arange(len(t)), t_s=t, size=SIZE, subject=subject,
        n_people=np.ones(len(t), np.int64), things=None, labels=None,
        facts={"video": {"width": SIZE[0], "height": SIZE[1]}},
    )  # fmt: skip
    return all_windows(stretches_of(whole_file(path, plan), (), SPEC.rate_hz), SPEC, len(plan.names))


def streamed(t, pose, plan, at_once=1):
    live = LiveTask(plan, SPEC, SIZE)
    return [one for n in range(0, len(t), at_once) for one in live.add(t[n : n + at_once], pose[n : n + at_once])]


@pytest.mark.parametrize("detector", ["fusion", "mediapipe"])
@pytest.mark.parametrize("at_once", [1, 7])
def test_frames_one_by_one_give_the_windows_of_the_file(tmp_path, detector, at_once):
    t, pose = filmed()
    pose[40:44] = np.nan  # short: filled
    pose[100:130] = np.nan  # long: stays open
    pose[200:260:2] = np.nan
    plan = FeaturePlan(detector)
    x, starts_s = of_file(tmp_path / "f.parquet", t, pose, plan)
    found = streamed(t, pose, plan, at_once)
    assert len(found) == len(x) > 30
    assert [one.start_s for one in found] == pytest.approx(list(starts_s))
    assert np.array_equal(np.isnan([one.x for one in found]), np.isnan(x))
    assert np.stack([one.x for one in found]) == pytest.approx(x, rel=1e-4, abs=1e-4, nan_ok=True)


def test_a_gap_between_frames_begins_anew_as_in_the_file(tmp_path):
    t, pose = filmed(12)
    kept = (t < 5) | (t > 6.3)
    t, pose, plan = t[kept], pose[kept], FeaturePlan("mediapipe")
    x, starts_s = of_file(tmp_path / "f.parquet", t, pose, plan)
    found = streamed(t, pose, plan)
    assert [one.start_s for one in found] == pytest.approx(list(starts_s))
    assert np.stack([one.x for one in found]) == pytest.approx(x, rel=1e-4, abs=1e-4, nan_ok=True)


def test_nobody_in_view_is_no_task():
    t, pose = filmed(6)
    pose[:] = np.nan
    found = streamed(t, pose, FeaturePlan("mediapipe"))
    assert found
    assert not any(one.is_seen for one in found)


def test_only_the_last_frames_are_kept():
    t, pose = filmed(60)
    live = LiveTask(FeaturePlan("mediapipe"), SPEC, SIZE)
    live.add(t, pose)
    assert len(live._t) < 24 * 4


def test_frames_that_go_back_in_time_are_left_out_and_nonsense_is_refused():
    t, pose = filmed(6)
    twice = np.repeat(t, 2), np.repeat(pose, 2, axis=0)
    plan = FeaturePlan("mediapipe")
    assert len(streamed(*twice, plan)) == len(streamed(t, pose, plan))
    with pytest.raises(BadShape):
        LiveTask(plan, SPEC, SIZE).add(t[:2], pose[:1])
    with pytest.raises(BadShape):
        LiveTask(plan, SPEC, SIZE).add(np.array([np.nan]), pose[:1])
    with pytest.raises(BadValue, match="at most 30"):
        LiveTask(plan, TaskWindow(60.0, 1.0).at(15.0), SIZE)


def test_smoothing_outlasts_one_odd_window():
    rows = [[0.9, 0.1]] * 4 + [[0.1, 0.9]] + [[0.9, 0.1]] * 2
    said = {method: [int(one.push(row).argmax()) for row in rows] for method in ("ema", "median", "none")
            for one in [Smoother(method)]}  # fmt: skip
    assert said["none"] == [0, 0, 0, 0, 1, 0, 0]
    assert said["median"] == [0] * 7
    ema = Smoother("ema")
    ema.push([1.0, 0.0])
    assert ema.push([0.0, 1.0]) == pytest.approx([0.4, 0.6])
    ema.forget()
    assert ema.push([0.0, 1.0]) == pytest.approx([0.0, 1.0])
    with pytest.raises(BadValue):
        Smoother("mean")
