"""Clips of any length in and out of the network: normalised, cut, blended, mirrored, served."""

import numpy as np
import pytest

from mlops.ml.biomechanics.lifting.lifter import MotionLifter
from mlops.ml.biomechanics.lifting.windows import (
    MAX_FRAMES,
    MIRRORED,
    blended,
    mirrored,
    motion_of,
    window_starts,
)
from mlops.ml.contract import BadShape, BadValue, NotEnoughData
from mlops.ml.hosting.where import Where
from mlops.ml.parts import store
from mlops.ml.parts.serving import part_load
from mlops.ml.parts.store import PartMissing, PartStore
from tests.ml.biomechanics.lifting.tiny import clip, lifter


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return lifter(tmp_path_factory.mktemp("weights"))


def test_the_square_around_all_points_becomes_minus_one_to_one():
    points, scores = clip(40)
    motion = motion_of(points, scores, "coco17")
    assert motion.input.shape == (40, 17, 3)
    assert np.abs(motion.input[..., :2]).max() == pytest.approx(1.0)
    larger = motion_of(points * 3 + (7, -40), scores, "coco17")
    np.testing.assert_allclose(larger.input, motion.input, atol=1e-5)
    assert larger.half == pytest.approx(3 * motion.half)
    np.testing.assert_allclose(motion.input[:, 4, 0] * motion.half + motion.middle[0], points[:, 11, 0], rtol=1e-5)


def test_unknown_points_are_zero_with_no_confidence():
    points, scores = clip(5)
    points[2, 11] = np.nan
    scores[3, 16] = 0
    found = motion_of(points, scores, "coco17").input
    assert not found[2, [0, 4, 7]].any()
    assert not found[3, 3].any()
    assert found[2, 5].any()
    with pytest.raises(NotEnoughData):
        motion_of(np.full((3, 17, 2), np.nan), np.ones((3, 17)), "coco17")
    with pytest.raises(BadShape):
        motion_of(np.zeros((3, 17)), np.ones(3), "coco17")
    with pytest.raises(BadValue):
        motion_of(*clip(3), "openpose")


def test_windows_overlap_and_end_with_the_clip():
    assert window_starts(10) == window_starts(MAX_FRAMES) == [0]
    for n in (244, 300, 405, 406, 1000):
        starts = window_starts(n)
        assert starts[0] == 0
        assert starts[-1] + MAX_FRAMES == n
        assert all(0 < b - a <= 162 for a, b in zip(starts, starts[1:], strict=False))


def test_blending_gives_back_what_was_cut_and_never_jumps():
    whole = np.cumsum(np.random.default_rng(1).normal(size=(700, 17, 3)), 0).astype(np.float32)
    starts = window_starts(700)
    pieces = [whole[start : start + MAX_FRAMES] for start in starts]
    np.testing.assert_allclose(blended(pieces, starts, 700), whole, rtol=1e-4, atol=1e-4)
    steps = [np.full((MAX_FRAMES, 1), float(number), np.float32) for number in range(len(starts))]
    assert np.abs(np.diff(blended(steps, starts, 700)[:, 0])).max() < 0.05


def test_a_mirror_twice_is_the_same():
    values = np.random.default_rng(2).normal(size=(4, 17, 3)).astype(np.float32)
    assert np.array_equal(mirrored(mirrored(values)), values)
    assert sorted(MIRRORED) == list(range(17))
    assert [number for number, other in enumerate(MIRRORED) if number == other] == [0, 7, 8, 9, 10]


@pytest.mark.parametrize("n", [1, 30])
def test_lifting_and_embedding(weights, n):
    lifter = MotionLifter(weights)
    points, scores = clip(n)
    lifted = lifter.lift(points, scores, "coco17").points
    assert lifted.shape == (n, 17, 3)
    assert lifted[0, 0, 2] == 0
    larger = lifter.lift(points * 2, scores, "coco17").points
    np.testing.assert_allclose(larger, lifted * 2, rtol=1e-3, atol=0.05)
    embedded = lifter.embed(points, scores, "coco17")
    assert embedded.shape == (n, 17, 512)
    assert np.abs(embedded).max() <= 1


def test_a_mirrored_clip_is_lifted_to_the_mirror_image(weights):
    points, scores = clip(6)
    lifter = MotionLifter(weights, flip=True)
    middle = motion_of(points, scores, "coco17").middle[0]
    other_side = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    turned = points[:, other_side] * (-1, 1) + (2 * middle, 0)
    a, b = (lifter.lift(*one, "coco17").points for one in ((points, scores), (turned, scores[:, other_side])))
    b = b[:, MIRRORED] * (-1, 1, 1) + (2 * middle, 0, 0)
    np.testing.assert_allclose(a, b, rtol=1e-3, atol=0.05)


def test_long_clips_go_through_in_windows(weights):
    points, scores = clip(300)
    embedded = MotionLifter(weights).embed(points, scores, "coco17")
    assert embedded.shape == (300, 17, 512)
    head = MotionLifter(weights)
    motion = motion_of(points, scores, "coco17")
    first = head._run([motion.input[:MAX_FRAMES]], 1) if head.load() is None else []
    np.testing.assert_allclose(embedded[:50], first[0][:50], atol=1e-4)


def test_what_the_models_server_calls(weights, tmp_path, monkeypatch):
    here = PartStore(tmp_path / "parts")
    monkeypatch.setattr(store, "_store", here)
    with pytest.raises(PartMissing, match="own/motionbert-lite"):
        part_load("motionbert-lite", Where())
    own = here.root / "own" / "motionbert-lite"
    own.mkdir(parents=True)
    (own / "model.safetensors").symlink_to(weights / "model.safetensors")
    model = part_load("motionbert-lite", Where())
    points, scores = clip(4)
    asked = {"points": points, "scores": scores, "keypoint_set": "coco17"}
    lifted, embedded = model.answer([asked, {**asked, "give": "embedding"}])
    assert lifted["points"].shape == (4, 17, 3)
    assert embedded["embedding"].shape == (512,)
    with pytest.raises(BadValue):
        model.answer([b"a picture"])
    model.close()
