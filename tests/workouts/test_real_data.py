"""Import and learning on real recordings, where they are on this machine."""

import pytest

from mlops.tasks.services.tasks import label_set_create, task_create
from sessions.kinds import SensorClassification
from sessions.models import Recording, Span
from sessions.selectors.recordings import recording_envelope
from tests.workouts.conftest import consent, shared, zip_bytes
from tests.workouts.test_import import URL


def test_two_units_of_the_physical_therapy_set(api, athlete_user, upload, run_jobs):
    folder = shared("imu_physical_therapy", "s1", "e1")
    files = [upload((folder / unit / "test.txt").read_bytes(), "test.txt") for unit in ("u2", "u5")]
    given = {
        "uploads": [str(row.pk) for row in files],
        "layout": "imu6",
        "units": ["u2", "u5"],
        "rate_hz": 25,
        "label": "knee extension",
    }
    assert api(athlete_user).post(URL, given, format="json").status_code == 202
    (job,) = run_jobs()
    assert job.status == "succeeded", job.failure_reason
    row = Recording.objects.get()
    assert (len(row.layout.channels), row.rate_hz, row.n_samples) == (12, 25.0, 5949)
    assert row.layout.channel_names[0] == "u2.acc_x"
    assert Span.objects.get().label == "knee extension"
    t, low, high = recording_envelope(row, max_points=500)
    assert low.shape == high.shape == (len(t), 12)
    assert -60 <= low[:, 0].min() <= high[:, 0].max() <= 60


def test_a_whole_subject_zipped(api, athlete, athlete_user, staff_user, upload, run_jobs, tmp_path):
    root = shared("imu_physical_therapy", "s1")
    files = {
        f"s1/{path.relative_to(root)}": path.read_bytes()
        for path in sorted(root.rglob("*.txt"))
        if path.parts[-3] in ("e1", "e6") or path.parent.name in ("e1", "e6")
    }
    given = {
        "uploads": [str(upload(zip_bytes(files), "s1.zip").pk)],
        "layout": "imu6",
        "units": ["u2", "u5"],
        "rate_hz": 25,
        "label_from_folder": True,
    }
    client = api(athlete_user)
    plan = client.post(URL, given | {"dry_run": True}, format="json").json()
    assert {one["name"].rsplit("/", 1)[-1] for one in plan["left_out"]} == {"template_times.txt"}
    assert client.post(URL, given, format="json").status_code == 202
    (job,) = run_jobs()
    assert job.status == "succeeded", job.failure_reason
    assert sorted(Span.objects.values_list("label", flat=True)) == ["e1", "e1", "e6", "e6"]

    consent(athlete)
    labels = label_set_create(name="Therapy", labels=[{"name": "e1"}, {"name": "e6"}], owner=staff_user, is_shared=True)
    task = task_create(
        name="therapy",
        title="Therapy",
        kind="sensor_classification",
        owner=staff_user,
        label_set=labels,
        gates={"accuracy": 0.5},
        input={"layout": "imu6.u2+u5", "window_s": "5", "stride_s": "1", "rate_hz": "25"},
    )
    kind = SensorClassification()
    assert kind.summary(task).n_groups == 1
    built = kind.build(task, {"split": "random", "seed": 1, "balance": "none"}, tmp_path, lambda done, total: None)
    assert built.facts["n_examples"] > 300
    assert built.facts["split"]["leaky"]
    train = kind.load(tmp_path, "train")
    assert train.x.shape[1:] == (125, 12)


def test_the_raw_flextail_table(api, athlete_user, upload, run_jobs):
    path = shared("flextail_raw", "measurements.csv")
    given = {"uploads": [str(upload(path.read_bytes(), path.name).pk)], "layout": "flextail"}
    assert api(athlete_user).post(URL, given, format="json").status_code == 202
    (job,) = run_jobs()
    assert job.status == "succeeded", job.failure_reason
    row = Recording.objects.get()
    assert row.started_at.year == 2023
    assert row.n_samples == pytest.approx(2585, abs=5)
