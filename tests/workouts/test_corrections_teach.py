"""Three estimators, one champion, two corrections, retrained: the same recording is named right."""

import uuid
from collections import Counter

import numpy as np
import pytest

from accounts.services.athletes import athlete_for
from mlops.datasets.services.datasets import dataset_create
from mlops.jobs.services.execution import job_execute_here
from mlops.ml.scoring import OnnxScorer
from mlops.ml.sensors.recording_file import read_range, write_recording
from mlops.models import Job, ModelVersion, Run
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.promotion import version_promote
from mlops.tasks.services.tasks import label_set_create, task_create
from mlops.training.selectors.comparison import runs_compare
from mlops.training.services.retraining import retrain_start
from mlops.training.services.runs import run_create
from sessions.models import RecordingSource, SensorLayout
from sessions.selectors.layouts import layout_of
from sessions.services.recordings import recording_store
from sessions.services.workouts import workout_create
from tests.people import make_user
from tests.workouts.conftest import consent, label

pytestmark = pytest.mark.django_db
SPEEDS = {"squat": 0.5, "row": 1.2, "jump": 2.6}
SECONDS = 30


def person(name: str, moves: tuple[str, ...], number: int):
    """An athlete who does one move after the other for 30 s each; every move shakes other channels."""
    athlete = athlete_for(make_user(name))
    consent(athlete)
    row, workout = SensorLayout.objects.get(key="imu6"), workout_create(athlete=athlete, title=name)
    rng, t = np.random.default_rng(number), np.arange(len(moves) * SECONDS * 50) / 50
    samples = rng.normal(0, 0.05, (len(t), 6)).astype(np.float32)
    for i, move in enumerate(moves):
        part = slice(i * SECONDS * 50, (i + 1) * SECONDS * 50)
        wave = np.sin(2 * np.pi * SPEEDS[move] * (1 + 0.05 * number) * t[part])
        samples[part, list(SPEEDS).index(move) * 2] += wave
        samples[part, 1] += 0.5 * wave
    return recording_store(
        pk=uuid.uuid4(),
        session_for=lambda _: workout,
        layout=row,
        source=RecordingSource.IMPORT,
        fill=lambda folder: write_recording(folder / "samples.parquet", layout_of(row), [(t, samples)]),
        started_at=lambda _: workout.started_at,
    )


def work() -> None:
    while (job := Job.objects.filter(status="queued").order_by("created_at").first()) is not None:
        job_execute_here(pk=job.pk)
        job.refresh_from_db()
        assert job.status in ("succeeded", "running", "queued"), f"{job.title}: {job.failure_reason}"


def names(version: ModelVersion, recording, media) -> Counter:
    """What a version answers to a recording, window by window."""
    scorer = OnnxScorer.open(artifact_path(version))
    _, samples = read_range(media / recording.file, 0, recording.duration_s)
    length = scorer.manifest["window_spec"]["length"]
    windows = np.stack([samples[i : i + length] for i in range(0, len(samples) - length, 50)])
    return Counter(scorer.labels[i] for i in scorer.score_raw(windows).argmax(axis=1))


def test_two_corrections_teach_a_new_move(staff_user, media, monkeypatch):
    monkeypatch.setattr("mlops.jobs.services.parents.job_deliver", lambda **_: False)
    for number in range(3):
        row = person(f"p{number}", ("squat", "row"), number)
        label(row, 0, SECONDS, "squat")
        label(row, SECONDS, 2 * SECONDS, "row")
    jumping = person("jumper", ("jump",), 3)
    labels = label_set_create(name="Moves", labels=[{"name": move} for move in SPEEDS], owner=staff_user)
    task = task_create(
        name="moves", title="Moves", kind="sensor_classification", owner=staff_user, label_set=labels,
        input={"layout": "imu6"},
    )  # fmt: skip
    dataset = dataset_create(task=task, owner=staff_user, parameters={"split": "each"})
    work()
    dataset.refresh_from_db()
    settings = {
        "random_kernels": {"n_dilations": 2, "n_biases": 1},
        "random_forest": {"n_estimators": 5},
        "lightgbm": {"n_rounds": 3},
    }
    runs = [
        run_create(task=task, dataset=dataset, estimator=name, owner=staff_user, config=config)
        for name, config in settings.items()
    ]
    work()
    runs = list(Run.objects.select_related("task", "job", "version", "dataset").filter(pk__in=[r.pk for r in runs]))
    found = runs_compare(runs)
    assert found.same_data
    assert len(found.pairs) == 2
    assert not any(pair.pair.reason for pair in found.pairs)
    first = next(run.version for run in runs if run.estimator == "random_kernels")
    version_promote(version=first, by=staff_user, reason="Compared", override=True)
    assert names(first, jumping, media)["jump"] == 0, "nobody has told it what jumping is"

    window_s = task.input["window_spec"]["length"] / task.input["window_spec"]["rate_hz"]
    for start_s in (5, 15):  # "Wrong?" corrects the window that was shown
        label(jumping, start_s, start_s + window_s, "jump")
    job = retrain_start(task=task, owner=staff_user)
    work()
    job.refresh_from_db()
    assert job.status == "succeeded", job.failure_reason
    second = ModelVersion.objects.get(pk=job.result["version"])
    version_promote(version=second, by=staff_user, reason="Knows jumping", override=True)
    answers = names(second, jumping, media)
    assert answers.most_common(1)[0][0] == "jump", answers
    assert answers["jump"] >= 0.8 * sum(answers.values()), answers
