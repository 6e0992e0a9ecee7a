"""From a video to its Parquet file, through the limited children and the real MediaPipe."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from mlops.ml.contract import BadValue, Cancelled, UnreadableInput
from mlops.ml.vision.video import extract, workers
from mlops.ml.vision.video.extract import extract_features
from mlops.ml.vision.video.kinematics import ANGLE_NAMES
from mlops.ml.vision.video.options import ExtractOptions
from mlops.ml.vision.video.table import facts_of_file
from mlops.ml.vision.video.work import Busy, work_for
from tests.drawn_person import drawn_person
from tests.ml.vision.video.filmed import EMPTY, beside, film, squatting

ROOT = Path(__file__).resolve().parents[4]
HAND_LANDMARKS = ["mp_left_hand_landmarks", "mp_right_hand_landmarks"]
BODIES = ExtractOptions(detector="mediapipe")
B1_COLUMNS = (
    "video_id frame_index t mp_pose_landmarks mp_left_hand_landmarks mp_right_hand_landmarks yolo_objects yolo_boxes "
    "yolo_confidences right_elbow_angle left_elbow_angle right_knee_angle left_knee_angle right_hip_angle "
    "left_hip_angle right_shoulder_angle left_shoulder_angle right_ankle_angle left_ankle_angle right_hand_x "
    "right_hand_y left_hand_x left_hand_y right_hand_speed left_hand_speed right_hand_obj_dist left_hand_obj_dist"
).split()


def extracted(video, options=BODIES, **more):
    """The rows and what the file says about itself."""
    output = video.with_name(f"{video.stem}_features.parquet")
    facts = extract_features(video, output, options, **more)
    assert facts == facts_of_file(output)
    assert sorted(path.name for path in video.parent.glob(".*")) == []  # nothing is left behind
    return pq.read_table(output).to_pandas(), facts


def test_a_squat_with_labels_has_the_promised_columns(tmp_path):
    video = film(tmp_path / "squat.mp4", squatting(30), sound=True)
    (tmp_path / "l.csv").write_text("frame_index,label\n0,up\n14,down\n15,down\n29,up\n")
    rows, facts = extracted(video, ExtractOptions(objects="none"), labels=tmp_path / "l.csv")
    assert list(rows.columns[:28]) == [*B1_COLUMNS, "label"]
    assert list(rows.frame_index) == list(range(30))
    np.testing.assert_allclose(rows.t, np.arange(30) / 30, atol=2e-3)
    assert set(rows.video_id) == {"squat"}
    assert np.array(json.loads(rows.mp_pose_landmarks[3])).shape == (33, 4)
    assert rows.left_knee_angle[0] > 160
    assert rows.left_knee_angle[15] < 140
    assert 12 <= rows.left_knee_angle.idxmin() <= 18
    assert (rows.left_hand_x > 0.5).all()
    assert (rows.right_hand_x < 0.5).all()
    assert rows.label.dropna().to_dict() == {0: "up", 14: "down", 15: "down", 29: "up"}
    assert not rows.filled.any()
    assert facts["networks"]["pose"]["sha256"]
    assert facts["video"]["n_frames"] == 30
    assert rows.yolo_objects.isna().all()
    assert rows.left_hand_obj_dist.isna().all()
    assert any("No object detector" in note for note in facts["notes"])


def test_every_third_frame_and_no_labels(tmp_path):
    rows, _ = extracted(film(tmp_path / "a.mp4", squatting(20)), replace(BODIES, sample_rate=3))
    assert list(rows.frame_index) == [0, 3, 6, 9, 12, 15, 18]
    np.testing.assert_allclose(rows.t, rows.frame_index / 30, atol=2e-3)
    assert "label" not in rows.columns


def test_without_hands_the_rest_is_the_same(tmp_path):
    video = film(tmp_path / "a.mp4", squatting(6))
    rows, facts = extracted(video, replace(BODIES, with_hands=False))
    whole, _ = extracted(video)
    assert rows.mp_left_hand_landmarks.isna().all()
    assert rows.drop(columns=HAND_LANDMARKS).equals(whole.drop(columns=HAND_LANDMARKS))
    assert list(facts["networks"]) == ["pose"]


def test_angles_are_equal_whichever_way_the_camera_was_held(tmp_path):
    upright, _ = extracted(film(tmp_path / "a.mp4", squatting(12)))
    for turned in (90, 180, 270):
        rows, facts = extracted(film(tmp_path / f"b{turned}.mp4", squatting(12), turned=turned))
        assert facts["video"]["rotation"] == turned
        for name in ("left_knee_angle", "right_hip_angle"):
            np.testing.assert_allclose(rows[name], upright[name], atol=3, err_msg=f"{name}, {turned}")


def test_nobody_stays_nobody_and_one_frame_is_enough(tmp_path):
    rows, facts = extracted(film(tmp_path / "a.mp4", [EMPTY] * 10))
    assert rows[[*ANGLE_NAMES, "mp_pose_landmarks", "left_hand_x", "left_hand_speed"]].isna().all().all()
    assert "No person in frames 0 to 9 (0.0 to 0.3 s)." in facts["notes"]
    assert facts["people"] == []
    assert facts["subject"] is None
    rows, facts = extracted(film(tmp_path / "b.mp4", [drawn_person()]))
    assert len(rows) == 1
    assert rows.left_knee_angle[0] > 150
    assert facts["notes"] == []


def test_short_gaps_are_filled_and_marked_and_long_ones_stay_open(tmp_path):
    pictures = squatting(15) + [EMPTY] * 4 + squatting(15) + [EMPTY] * 12 + squatting(10)
    rows, facts = extracted(film(tmp_path / "a.mp4", pictures))
    assert list(np.flatnonzero(rows.filled)) == [15, 16, 17, 18]
    assert rows.left_knee_angle[:34].notna().all()
    assert rows.left_knee_angle[34:46].isna().all()
    assert rows.mp_pose_landmarks[34:46].isna().all()
    assert rows.left_hand_speed.isna()[46]  # no speed across a gap
    assert facts["missing"] == [{"first_frame": 34, "last_frame": 45, "from_s": 1.133, "to_s": 1.5}]
    assert len(facts["people"]) == 1  # who comes back is the same person


def test_a_bystander_never_enters_and_can_be_chosen(tmp_path):
    other = np.ascontiguousarray(drawn_person(0.2)[:, :, ::-1])  # in other clothes
    smaller = EMPTY.copy()
    smaller[192:, 128:512] = np.asarray(Image.fromarray(other).resize((384, 288)))
    subject = squatting(45)
    pictures = [beside(subject[i] if i < 16 or i > 24 else EMPTY, smaller) for i in range(45)]
    video = film(tmp_path / "a.mp4", pictures)
    rows, facts = extracted(video)
    seen = rows.right_hand_x.dropna()
    assert len(seen) >= 24
    assert (seen < 0.5).all()
    assert rows.mp_pose_landmarks[16:25].isna().all()  # the other is in view, and no substitute
    assert (rows.n_people[16:25] == 1).all()
    assert any(note.startswith("2 people were seen; person 0") for note in facts["notes"])
    rows, facts = extracted(video, replace(BODIES, subject=1))
    assert (rows.left_hand_x.dropna() > 0.5).all()
    assert rows.left_hand_x.notna().sum() >= 30
    with pytest.raises(BadValue, match="2 people"):
        extract_features(video, tmp_path / "c.parquet", replace(BODIES, subject=2))


def test_the_number_of_workers_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(extract, "SEGMENT_S", 0.7)
    monkeypatch.setattr(extract, "WARM_UP_S", 0.2)
    video = film(tmp_path / "a.mp4", squatting(60, 20))
    told = []
    alone, _ = extracted(video, on_progress=told.append)
    monkeypatch.setattr(workers, "A_CHILD", 1)
    both, _ = extracted(video, replace(BODIES, workers=2))
    assert alone.equals(both)
    assert list(alone.frame_index) == list(range(60))
    assert told[-1].done == told[-1].total == 60
    assert told[-1].rate_hz > 0
    assert told[-1].left_s == 0
    assert [one.done for one in told] == sorted(one.done for one in told)


KILLED = """
import sys
from pathlib import Path
from mlops.ml.parts import store
from mlops.ml.vision.video import extract
from mlops.ml.vision.video.options import ExtractOptions
store.use(sys.argv[3])
extract.SEGMENT_S, extract.WARM_UP_S = 0.7, 0.2
extract.extract_features(Path(sys.argv[1]), Path(sys.argv[2]), ExtractOptions(detector="mediapipe"))
"""


def test_a_killed_worker_goes_on_at_its_segment(tmp_path, monkeypatch):
    from mlops.ml.parts.store import store
    from mlops.ml.vision.video.networks import bundled

    bundled()
    video, output = film(tmp_path / "a.mp4", squatting(60, 20)), tmp_path / "a_features.parquet"
    argv = [sys.executable, "-c", KILLED, str(video), str(output), str(store().root)]
    process = subprocess.Popen(argv, cwd=ROOT)
    work, until = tmp_path / f".{output.name}.work", time.monotonic() + 60
    while not list(work.glob("segment-*.npz")) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not output.exists()
    there = len(list(work.glob("segment-*.npz")))
    assert 1 <= there < 3
    monkeypatch.setattr(extract, "SEGMENT_S", 0.7)
    monkeypatch.setattr(extract, "WARM_UP_S", 0.2)
    told = []
    rows, _ = extracted(video, on_progress=told.append)
    assert list(rows.frame_index) == list(range(60))
    assert told[0].done > 20  # the finished segments were not read again
    again, _ = extracted(film(tmp_path / "b.mp4", squatting(60, 20)))
    assert again.drop(columns="video_id").equals(rows.drop(columns="video_id"))


def test_cancelling_ends_the_work_and_leaves_no_file(tmp_path):
    def stop(_):
        raise Cancelled("asked to")

    video = film(tmp_path / "a.mp4", squatting(40))
    with pytest.raises(Cancelled):
        extract_features(video, tmp_path / "out.parquet", BODIES, on_progress=stop)
    assert not (tmp_path / "out.parquet").exists()
    with work_for(tmp_path / "out.parquet"), pytest.raises(Busy):
        extract_features(video, tmp_path / "out.parquet", BODIES)


def test_a_broken_off_file_gives_what_it_holds_and_says_so(tmp_path):
    video = film(tmp_path / "a.mp4", squatting(30))
    video.write_bytes(video.read_bytes()[: int(video.stat().st_size * 0.6)])
    rows, facts = extracted(video)
    assert 8 < len(rows) < 25
    assert rows.left_knee_angle.notna().all()
    assert any("not complete" in note for note in facts["notes"])


def test_the_command(tmp_path, capsys):
    video = film(tmp_path / "clip.mp4", squatting(4))
    output = tmp_path / "new" / "F.parquet"
    call_command("extract_features", video=video, output=output, detector="mediapipe", sample_rate=2, video_id="v7")
    assert "2 rows written" in capsys.readouterr().out
    rows = pq.read_table(output).to_pandas()
    assert set(rows.video_id) == {"v7"}
    assert list(rows.frame_index) == [0, 2]
    video.write_text("#EXTM3U\nhttp://127.0.0.1/a.ts\n")
    with pytest.raises(CommandError, match="no video of a supported type"):
        call_command("extract_features", video=video, output=output)
    with pytest.raises(CommandError, match="whole number from 1"):
        call_command("extract_features", video=video, output=output, sample_rate=0)
    with pytest.raises(UnreadableInput):
        extract_features(tmp_path / "none.mp4", output)
