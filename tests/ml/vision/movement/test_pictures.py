"""Labelled stretches of real video files through a small VideoMAE."""

import numpy as np
import pytest

from mlops.ml.contract import BadValue, UnreadableInput
from mlops.ml.parts import store
from mlops.ml.parts.store import PartMissing, PartStore
from mlops.ml.vision.clips.features import ClipFeatures
from mlops.ml.vision.movement.picture_clips import embedded_pictures
from mlops.ml.vision.movement.stretches import Cutting
from tests.ml.vision.test_clips_and_captions import videomae  # noqa: F401
from tests.video.clips import clip


def test_stretches_of_a_video_become_vectors(tmp_path, videomae):  # noqa: F811
    video, csv = clip(tmp_path / "set.mp4"), tmp_path / "labels.csv"
    rows = [f"{number},{'down' if number < 30 else 'up'}" for number in range(60)]
    csv.write_text("frame_index,label\n" + "\n".join(rows))
    network = ClipFeatures(videomae)
    found = embedded_pictures([video], [csv], "videomae-kinetics", Cutting(1.0, 0.5), network)
    assert found.labels.tolist() == ["down"] * 3 + ["up"] * 3
    assert found.clips.tolist() == ["set"] * 6
    np.testing.assert_allclose(found.spans[:2], [[0, 1], [0.5, 1.5]], atol=0.01)
    assert found.vectors.shape == (6, 16)
    assert len(np.unique(found.vectors.round(5), axis=0)) > 1


def test_what_cannot_be_embedded(tmp_path, monkeypatch, videomae):  # noqa: F811
    monkeypatch.setattr(store, "_store", PartStore(tmp_path))
    with pytest.raises(PartMissing, match="fetch_parts videomae-kinetics"):
        embedded_pictures([], [], "videomae-kinetics", Cutting(1.0, 0.5))
    with pytest.raises(BadValue, match="as many"):
        embedded_pictures([tmp_path / "a.mp4"], [], "videomae-kinetics", Cutting(1.0, 0.5))
    with pytest.raises(BadValue):
        embedded_pictures([], [], "pose_statistics", Cutting(1.0, 0.5))
    (tmp_path / "a.mp4").write_bytes(b"no video")
    (tmp_path / "a.csv").write_text("frame_index,label\n0,row\n")
    network = ClipFeatures(videomae)
    with pytest.raises(UnreadableInput):
        embedded_pictures(
            [tmp_path / "a.mp4"], [tmp_path / "a.csv"], "videomae-kinetics", Cutting(1.0, 0.5), network
        )  # fmt: skip
