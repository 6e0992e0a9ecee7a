"""Recordings: envelopes, samples, downloads, deleting, erasing."""

import os
import time
import uuid

import numpy as np
import pytest

from accounts.services.erase import erase_account
from mlops.ml.sensors.recording_file import write_recording
from mlops.models import Job
from sessions.models import Recording, SensorLayout, WorkoutSession
from sessions.selectors.layouts import layout_of
from sessions.selectors.recordings import samples_path
from sessions.services.bin import recording_purge, workout_purge
from sessions.services.leftovers import QUIET_S, leftovers_remove, parts_remove
from sessions.services.recordings import recording_folder, recording_store
from sessions.services.workouts import workout_delete
from tests.workouts.conftest import csv_bytes, label, make_recording


@pytest.fixture
def client(api, athlete_user):
    return api(athlete_user)


def envelope(client, recording, **query):
    return client.get(f"/api/v1/recordings/{recording.pk}/envelope/", query)


def test_an_envelope_keeps_every_peak(client, recording):
    data = envelope(client, recording, max_points=100).json()
    assert len(data["t"]) <= 100
    assert [one["name"] for one in data["series"]][:2] == ["acc_x", "acc_y"]
    assert max(data["series"][0]["max"]) == pytest.approx(1, abs=1e-4)
    assert min(data["series"][0]["min"]) == pytest.approx(-1, abs=1e-4)
    assert data["extent"] == [0, recording.duration_s]


def test_a_short_stretch_comes_as_samples(client, recording):
    data = envelope(client, recording, start_s=10, end_s=12).json()
    assert len(data["t"]) == 100
    assert data["series"][0]["values"][0] == pytest.approx(np.sin(10), abs=1e-4)


@pytest.mark.parametrize(
    "query",
    [
        {"start_s": "x"},
        {"start_s": "nan"},
        {"start_s": 5, "end_s": 5},
        {"max_points": 1},
        {"max_points": "²"},
        {"points": 5},
    ],
)
def test_bad_ranges_are_refused(client, recording, query):
    assert envelope(client, recording, **query).status_code == 400


def test_far_away_is_empty_not_an_error(client, recording):
    assert envelope(client, recording, start_s=1e9).json()["t"] == []


def test_samples_have_a_limit(client, workout, media):
    row = make_recording(workout, seconds=500)
    where = f"/api/v1/recordings/{row.pk}/samples/"
    assert client.get(where).json()["code"] == "range_too_long"
    assert len(client.get(where, {"start_s": 1, "end_s": 2}).json()["t"]) == 50


def test_a_lost_file_is_a_clear_answer(client, recording):
    samples_path(recording).unlink()
    assert envelope(client, recording).json()["code"] == "unreadable_samples"
    assert client.get(f"/recordings/{recording.pk}/").status_code == 200


def test_csv_gives_every_value_back(client, recording):
    response = client.get(f"/recordings/{recording.pk}/files/samples.csv")
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines[0] == "t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"
    assert len(lines) == recording.n_samples + 1
    assert np.float32(lines[8].split(",")[1]) == np.float32(np.sin(7 / 50))


@pytest.mark.parametrize("what", ["original-0", "original-1", "original-999999", "original-²", "../x", "samples.exe"])
def test_other_files_are_missing(client, recording, what):
    assert client.get(f"/recordings/{recording.pk}/files/{what}").status_code == 404


def test_deleting_puts_into_the_bin_and_purging_removes_row_and_files(client, recording):
    folder = recording_folder(recording.pk)
    assert client.delete(f"/api/v1/recordings/{recording.pk}/").status_code == 204
    assert not Recording.objects.exists()
    assert folder.exists()
    recording_purge(recording)
    assert not folder.exists()
    assert not Recording.all_with_deleted.exists()


def test_purging_a_workout_removes_its_recordings(workout, recording):
    folder = recording_folder(recording.pk)
    workout_delete(workout=workout)
    assert not WorkoutSession.objects.exists()
    assert folder.exists()
    workout_purge(workout)
    assert not folder.exists()
    assert not WorkoutSession.all_with_deleted.exists()
    assert not Recording.all_with_deleted.exists()


def test_a_failing_store_leaves_nothing(workout, media):
    layout = SensorLayout.objects.get(key="imu6")

    def fill(folder):
        write_recording(folder / "samples.parquet", layout_of(layout), [(np.arange(9.0), np.zeros((9, 6)))])
        raise RuntimeError("the worker dies")

    with pytest.raises(RuntimeError):
        recording_store(
            pk=uuid.uuid4(),
            session_for=lambda _: workout,
            layout=layout,
            source="import",
            fill=fill,
            started_at=lambda _: workout.started_at,
        )
    assert not list((media / "recordings").iterdir())


def test_the_sample_is_put_in_once(client, athlete):
    first = client.post("/import/sample/")
    second = client.post("/import/sample/")
    assert first["Location"] == second["Location"]
    assert Recording.objects.get().source == "generated"


def test_erasing_a_person_removes_their_samples(athlete, athlete_user, recording, upload, api, run_jobs, media):
    label(recording, 1, 3, "squat")
    given = {"uploads": [str(upload(csv_bytes(), "a.csv").pk)], "layout": "imu6"}
    api(athlete_user).post("/api/v1/recordings/import/", given, format="json")
    run_jobs()
    assert [path for path in media.rglob("*") if path.is_file()]
    erase_account(user=athlete_user, by=athlete_user)
    assert not Recording.objects.exists()
    assert not [path for path in (media / "recordings").rglob("*") if path.is_file()]


def test_what_a_killed_worker_left_goes_with_the_next_attempt(workout, media):
    pk = uuid.uuid4()
    left = recording_folder(pk).with_name(f".{pk}.abc.part")
    left.mkdir(parents=True)
    other = left.with_name(f".{uuid.uuid4()}.abc.part")
    other.mkdir()
    assert parts_remove(pk) == 1
    assert (left.exists(), other.exists()) == (False, True)


def test_folders_that_no_row_knows_go_when_they_are_quiet(recording, media):
    part, lost, busy = (recording_folder(uuid.uuid4()) for _ in range(3))
    part = part.with_name(f".{part.name}.abc.part")
    for folder in (part, lost, busy):
        (folder / "originals").mkdir(parents=True)
        (folder / "samples.parquet").write_bytes(b"PAR1")
    long_ago = time.time() - QUIET_S - 60
    for folder in (part, lost, recording_folder(recording.pk)):
        for path in (*folder.rglob("*"), folder):
            os.utime(path, (long_ago, long_ago))
    leftovers_remove()
    assert (part.exists(), lost.exists(), busy.exists()) == (False, False, True)
    assert samples_path(recording).exists()


def test_erasing_takes_half_written_imports_along(athlete_user, recording, media):
    job = Job.objects.create(
        kind="recording.import", title="Import x", owner=athlete_user, parameters={"recordings": [{}, {}]}
    )
    pk = uuid.uuid5(job.pk, "1")
    left = recording_folder(pk).with_name(f".{pk}.abc.part")
    left.mkdir(parents=True)
    erase_account(user=athlete_user, by=athlete_user)
    assert not left.exists()
    assert not list(recording_folder(recording.pk).parent.glob("*"))
