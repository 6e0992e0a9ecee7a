"""/backend/: a video becomes features, a data set and a model in three calls that answer at once; each waits for what
it needs, and names lead only into the caller's own space."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TokenScope
from accounts.services.tokens import token_create
from mlops.ml.vision.task_generator import Video as Made
from mlops.ml.vision.task_generator import write_video
from mlops.models import Job
from sessions.models import FeatureDataset, FeatureFile, FeatureModel, Video, VideoSpan
from sessions.video.services.waiting import waiting_wake
from tests.video.clips import N_FRAMES
from tests.video.conftest import make_features

pytestmark = pytest.mark.django_db
EXTRACT, BUILD, TRAIN = (f"/backend/{name}" for name in ("upload_and_extract_features", "build_task_dataset",
                                                         "train_task_model"))  # fmt: skip


@pytest.fixture
def program(athlete):
    """A client with a token, as a script has it."""
    scopes, until = [TokenScope.READ, TokenScope.WRITE], timezone.now() + timedelta(days=1)
    _, secret = token_create(user=athlete.user, name="script", scopes=scopes, expires_at=until)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def made_row(owner, athlete, n: int, *, ready: bool = True) -> FeatureFile:
    """Features of a generated person, labelled in the file."""
    video = Video.objects.create(
        owner=owner, athlete=athlete, title=f"Made {n}", name=f"made{n}.mp4", file="x", sha256=str(n),
        probed_at=timezone.now(), duration_s=30, n_frames=360, rate_hz=12,
    )  # fmt: skip
    row = FeatureFile.objects.create(owner=owner, video=video, name=f"made{n}_features.parquet")
    if ready:
        finish(row, n)
    return row


def finish(row: FeatureFile, n: int) -> None:
    from django.conf import settings

    path = Path(settings.MEDIA_ROOT) / row.file
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, Made(str(row.video_id), n, 30.0, 12.0))
    FeatureFile.objects.filter(pk=row.pk).update(made_at=timezone.now(), n_bytes=path.stat().st_size)


def test_a_video_is_taken_and_the_answer_names_its_feature_file(program, clip_bytes, run_jobs, monkeypatch):
    asked = {}

    def extract(video, output, options, *, labels, video_id, on_progress):
        asked.update(options=options, labels=labels.read_text(), name=output.name)
        output.write_bytes(b"PAR1")
        return {"n_rows": 30, "version": "1", "notes": []}

    monkeypatch.setattr("mlops.ml.vision.video.extract.extract_features", extract)
    rows = "frame_index,label\n" + "".join(f"{n},{'work' if n >= 30 else 'idle'}\n" for n in range(N_FRAMES))
    answer = program.post(EXTRACT, {
        "video": SimpleUploadedFile("Leg day.mp4", clip_bytes), "detector_type": "mediapipe", "sample_rate": "2",
        "labels_csv": SimpleUploadedFile("labels.csv", rows.encode()),
    }, format="multipart")  # fmt: skip
    assert answer.status_code == 202, answer.json()
    told = answer.json()
    assert told["feature_file"] == "processed/features/leg-day_features.parquet"
    assert answer["Location"] == told["status_url"] == f"/api/v1/jobs/{told['job']}/"
    assert program.get("/backend/features/leg-day_features.parquet").json()["code"] == "not_ready"
    (job,) = run_jobs()
    assert (job.status, str(job.pk), job.kind) == ("succeeded", told["job"], "video.extract"), job.failure_reason
    assert (asked["options"].detector, asked["options"].sample_rate) == ("mediapipe", 2)
    assert asked["labels"] == rows
    assert [one.label for one in VideoSpan.objects.order_by("start_s")] == ["idle", "work"]
    listed = program.get("/backend/features").json()["features"]
    assert [(one["name"], one["rows"], one["state"]) for one in listed] == [("leg-day_features.parquet", 30, "ready")]


def test_features_build_and_train(program, athlete, run_jobs, settings):
    rows = [made_row(athlete.user, athlete, n) for n in range(4)]
    names = ",".join([rows[0].path_told, *(row.name for row in rows[1:])])
    built = program.post(BUILD, {"feature_files": names, "window_sec": "2.0", "step_sec": "1.0",
                                 "balance_method": "downsample"})  # fmt: skip
    assert built.status_code == 202, built.json()
    told = built.json()
    assert told["dataset_dir"] == f"dataset_{told['dataset_id']}"
    trained = program.post(TRAIN, {"dataset_dir": told["dataset_dir"], "model_type": "rf", "n_estimators": 5},
                           format="json").json()  # fmt: skip
    assert trained["model"] == f"task_classifier_rf_{trained['model_id']}"
    run_jobs()
    run_jobs()  # the training was put aside where its turn came first
    assert set(Job.objects.values_list("status", "failure_reason")) == {("succeeded", "")}
    dataset = program.get("/backend/datasets").json()["datasets"][0]
    assert (dataset["state"], dataset["balance_method"], len(dataset["feature_files"])) == ("ready", "downsample", 4)
    folder = settings.MEDIA_ROOT / "processed" / "datasets" / told["dataset_dir"]
    assert {"X_train.npy", "y_test.npy", "metadata.json"} <= {path.name for path in folder.iterdir()}
    model = program.get("/backend/models").json()["models"][0]
    assert {"accuracy", "f1_macro", "f1_weighted", "confusion_matrix"} <= set(model["metrics"])
    _told_as_it_happens(program, rows[0], model["model"])
    beside = settings.MEDIA_ROOT / "mlruns" / "models" / trained["model_id"] / model["metrics_file"]
    assert json.loads(beside.read_text())["accuracy"] == model["metrics"]["accuracy"]


def _told_as_it_happens(program, row, model):
    asked = {"source": str(row.video_id), "task_model": model, "speed": "0"}
    answer = program.get("/backend/stream_pose", asked)
    assert answer["Content-Type"] == "text/event-stream"
    samples = [json.loads(line.removeprefix("data: ")) for line in answer.getvalue().decode().split("\n\n") if line]
    assert samples[-1] == {"stage": "end", "n": len(samples) - 1}
    assert len(samples) > 20
    two_frames = 2 / 12  # windows are whole frames of a grid at the rate that was found in the files
    assert [one["t"] for one in samples[:2]] == pytest.approx([2.0, 3.0], abs=two_frames)
    assert {one["task_prediction"] for one in samples[:-1]} <= {"idle", "press", "row", "squat", "walk"}
    assert all(0 < one["task_confidence"] <= 1 and one["caption"] for one in samples[:-1])
    only = program.get("/backend/stream_pose", {"source": asked["source"], "speed": "0"}).getvalue().decode()
    assert "caption" in only
    assert "task_prediction" not in only
    refused = ({"task_model": "task_classifier_rf_none"}, 404), ({"source": "x"}, 404), ({"speed": "-1"}, 400)
    for bad, status in refused:
        assert program.get("/backend/stream_pose", asked | bad).status_code == status, bad


def test_a_stage_waits_for_its_input_without_a_worker(program, athlete, run_jobs):
    making = Job.objects.create(kind="video.extract", title="Slow", owner=athlete.user, status="running")
    rows = [made_row(athlete.user, athlete, n, ready=n < 3) for n in range(4)]
    FeatureFile.objects.filter(pk=rows[3].pk).update(job=making)
    built = program.post(BUILD, {"feature_files": ",".join(row.name for row in rows)}).json()
    trained = program.post(TRAIN, {"dataset_dir": built["dataset_dir"], "n_estimators": 5}).json()
    assert {job.status for job in run_jobs()} == {"running"}
    for job in Job.objects.filter(pk__in=[built["job"], trained["job"]]):
        assert (job.claim_token, job.waits_for) == (None, 0)
    waiting_wake()
    assert not run_jobs()
    finish(rows[3], 3)
    Job.objects.filter(pk=making.pk).update(status="succeeded")
    waiting_wake()
    assert [str(job.pk) for job in run_jobs()] == [built["job"]]
    assert [(str(job.pk), job.status) for job in run_jobs()] == [(trained["job"], "succeeded")]
    assert FeatureModel.objects.get().made_at


def test_a_stage_fails_with_its_input(program, athlete, run_jobs):
    failed = Job.objects.create(
        kind="video.extract", title="Bad", owner=athlete.user, status="failed", failure_reason="It is damaged."
    )
    row = made_row(athlete.user, athlete, 1, ready=False)
    FeatureFile.objects.filter(pk=row.pk).update(job=failed)
    built = program.post(BUILD, {"feature_files": row.name}).json()
    program.post(TRAIN, {"dataset_dir": built["dataset_dir"]})
    first = {job.kind: job for job in run_jobs()}
    assert first["video.dataset"].failure_code == "input_failed"
    assert "It is damaged." in first["video.dataset"].failure_reason
    waiting_wake()
    run_jobs()
    assert Job.objects.get(kind="video.train").failure_code == "input_failed"


@pytest.mark.parametrize("name", [
    "../made1_features.parquet", "%2e%2e%2fmade1_features.parquet", "%252e%252e%252fx", "..%5Cmade1_features.parquet",
    "/etc/passwd", "made1_features.parquet%00", "x" * 300, "other_features.parquet",
])  # fmt: skip
def test_no_name_leads_out_of_ones_own_space(name, program, athlete, other_athlete_user):
    made_row(athlete.user, athlete, 1)
    FeatureFile.objects.filter(name="made1_features.parquet").update(name="mine_features.parquet")
    theirs = made_row(other_athlete_user, athlete, 2)
    FeatureFile.objects.filter(pk=theirs.pk).update(name="other_features.parquet")
    answer = program.get(f"/backend/features/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    if "%" not in name:
        posted = program.post(BUILD, {"feature_files": f"mine_features.parquet,{name}"})
        assert (posted.status_code, posted.json()["code"]) == (404, "not_found")
    assert not FeatureDataset.objects.exists()


def test_what_is_told_of_a_feature_file(program, video):
    make_features(video)
    told = program.get("/backend/features/squats_features.parquet").json()
    assert (told["rows"], told["frames"], told["rate"], told["labels"]) == (N_FRAMES, N_FRAMES, 15.0, {})
    assert told["columns"][:3] == ["video_id", "frame_index", "t"]


def test_bad_requests_are_told_apart(program, clip_bytes, athlete):
    page = SimpleUploadedFile("clip.mp4", b"<html><script>alert(1)</script>")
    assert program.post(EXTRACT, {"video": page}, format="multipart").status_code == 415
    assert not Video.objects.exists()
    for body in ({}, {"video": SimpleUploadedFile("a.mp4", clip_bytes), "detector_type": "other"},
                 {"video": SimpleUploadedFile("a.mp4", clip_bytes), "sample_rate": "0"},
                 {"video": SimpleUploadedFile("a.mp4", clip_bytes), "more": "1"}):  # fmt: skip
        assert program.post(EXTRACT, body, format="multipart").status_code == 400, body
    labels = SimpleUploadedFile("l.csv", b"frame_index,label\nx,squat\n")
    refused = program.post(EXTRACT, {"video": SimpleUploadedFile("a.mp4", clip_bytes), "labels_csv": labels},
                           format="multipart")  # fmt: skip
    assert (refused.status_code, refused.json()["code"], refused.json()["row"]) == (400, "bad_label_file", 2)
    assert program.post(BUILD, {"feature_files": " , "}).status_code == 400
    for number in ("nan", "inf", "1e400", "-1", "x"):
        assert program.post(BUILD, {"feature_files": "a", "window_sec": number}).status_code == 400, number
    assert program.post(TRAIN, {"dataset_dir": f"dataset_{uuid.uuid4().hex[:12]}"}).status_code == 404
    assert APIClient().get("/backend/models").status_code == 401


def test_the_labels_of_now_go_into_a_dataset(video, features, athlete, settings):
    from sessions.video.services.chain import _labelled

    VideoSpan.objects.create(video=video, start_s=0, end_s=1, label="work")
    target = settings.MEDIA_ROOT / "out"
    target.mkdir()
    labels = pq.read_table(_labelled(features, target))["label"].to_pylist()
    assert labels == ["work"] * 15 + [None] * 45


def test_a_camera_of_the_server_is_refused_in_words(program, video, features):
    for source in ("0", "/dev/video0"):
        answer = program.get("/backend/stream_pose", {"source": source})
        assert (answer.status_code, answer.json()["code"]) == (409, "no_camera")
    assert program.get("/backend/stream_pose", {"source": "camera"}).status_code == 404
    refused = program.get("/backend/stream_pose", {"source": str(video.pk), "smoothing": "mean"})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_choice")
