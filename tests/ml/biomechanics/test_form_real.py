"""Real people: squats and curls are counted and named, walking is neither. Skips where the recordings are not here."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlops.ml.biomechanics.form import FormReport, analyse

VIDEOS = Path(__file__).resolve().parents[4] / "shared" / "data" / "videos"
pytestmark = pytest.mark.skipif(not VIDEOS.is_dir(), reason="the shared recordings are not here")


def report_of(name: str, folder: Path) -> FormReport:
    import pyarrow.parquet as pq

    from mlops.ml.vision.video.extract import extract_features
    from mlops.ml.vision.video.options import ExtractOptions

    output = folder / f"{name}.parquet"
    facts = extract_features(VIDEOS / name, output, ExtractOptions(detector="mediapipe", with_hands=False))
    table = pq.read_table(output, columns=["t", "mp_pose_landmarks"]).to_pydict()
    nobody = np.full((33, 4), np.nan)
    rows = [nobody if one is None else np.array(json.loads(one)) for one in table["mp_pose_landmarks"]]
    return analyse(np.stack(rows), table["t"], facts["video"]["width"] / facts["video"]["height"])


def test_two_squats(tmp_path: Path):
    report = report_of("squat.mp4", tmp_path)
    assert (report.exercise["key"], report.n_repetitions, report.view) == ("squat", 2, "side")
    assert [one.peak_s for one in report.repetitions] == pytest.approx([10.4, 17.2], abs=0.5)
    assert all(one.score is not None for one in report.repetitions)


def test_ten_curls(tmp_path: Path):
    report = report_of("bicep_curl.gif", tmp_path)
    assert (report.exercise["key"], report.n_repetitions) == ("biceps_curl", 10)


@pytest.mark.parametrize("name", ["walk_through.mp4", "walk_beam_cam01.mp4", "several_people.mp4"])
def test_walking_is_nothing_to_evaluate(name: str, tmp_path: Path):
    report = report_of(name, tmp_path)
    assert (report.n_repetitions, report.score) == (0, None)
    assert report.reason is not None
