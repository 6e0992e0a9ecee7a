"""Real people on real cameras; skipped where the recordings are not here."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from mlops.ml.vision.video.extract import extract_features
from mlops.ml.vision.video.options import ExtractOptions


@pytest.fixture
def rows_of(real_data, tmp_path):
    def read(name, **options):
        video = real_data / "videos" / name
        if not video.is_file():
            pytest.skip(f"{name} is not here")
        facts = extract_features(video, tmp_path / "f.parquet", ExtractOptions(**options))
        return pq.read_table(tmp_path / "f.parquet").to_pandas(), facts

    return read


def test_two_squats(rows_of):
    rows, facts = rows_of("squat.mp4", detector="mediapipe", sample_rate=3)
    assert rows.mp_pose_landmarks.notna().mean() > 0.98
    for from_s, to_s, bottom_s in ((8.0, 14.0, 10.4), (14.5, 20.0, 17.2)):
        squat = rows[(rows.t > from_s) & (rows.t < to_s)]
        assert squat.left_knee_angle.min() == pytest.approx(58, abs=8)
        assert squat.t[squat.left_knee_angle.idxmin()] == pytest.approx(bottom_s, abs=0.5)
    assert rows.left_knee_angle[rows.t < 7].median() > 160
    assert len(facts["people"]) == 1


def test_several_people_and_one_is_followed(rows_of):
    rows, facts = rows_of("several_people.mp4", detector="mediapipe", sample_rate=4)
    assert len(facts["people"]) == 2
    assert rows.left_knee_angle.notna().mean() > 0.9
    noses = np.array([json.loads(one)[0][0] for one in rows.mp_pose_landmarks.dropna()])
    assert (noses > 0.35).all()  # the other stands on the left
    assert np.abs(np.diff(noses)).max() < 0.15


def test_who_walks_through_is_seen_from_2_to_6_s_only(rows_of):
    rows, facts = rows_of("walk_through.mp4", detector="mediapipe", sample_rate=3)
    spans = [(one["from_s"], one["to_s"]) for one in facts["people"]]
    walker = next(n for n, (a, b) in enumerate(spans) if a == pytest.approx(2.0, abs=0.4) and 6.0 < b < 7.0)
    rows, facts = rows_of("walk_through.mp4", detector="mediapipe", sample_rate=3, subject=walker)
    seen = rows.t[rows.mp_pose_landmarks.notna()]
    assert seen.min() > 1.6
    assert seen.max() < 7.0
    during = rows[(rows.t > 2.3) & (rows.t < 5.5)]
    assert during.mp_pose_landmarks.notna().mean() > 0.9
    middle = during.right_hand_x.dropna()
    assert middle.iloc[0] > middle.iloc[-1] + 0.3  # from right to left
    assert facts["missing"][0]["first_frame"] == 0
    assert facts["missing"][-1]["last_frame"] == 228


def test_one_on_a_beam_and_a_moving_gif(rows_of):
    rows, facts = rows_of("walk_beam_cam01.mp4", detector="mediapipe", sample_rate=5)
    assert rows.mp_pose_landmarks.notna().all()
    assert facts["people"][0]["score"] > 5 * sum(one["score"] for one in facts["people"][1:])
    rows, _ = rows_of("bicep_curl.gif", detector="mediapipe", sample_rate=2)
    elbow = rows[["left_elbow_angle", "right_elbow_angle"]]
    best = elbow[elbow.notna().sum().idxmax()].interpolate().to_numpy()
    lows = [i for i in range(3, len(best) - 3) if best[i] == best[i - 3 : i + 4].min() and best[i] < np.nanmean(best)]
    assert 8 <= len(lows) <= 13  # ten curls
