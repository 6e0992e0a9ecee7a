"""Import: one file, units side by side, ZIP files by folder, duplicates, issues, refusals."""

import io
import stat
import zipfile

import pytest

from accounts.services.athletes import athlete_for
from benchmarks import attack_files
from mlops.models import Job
from sessions.models import Recording, SensorLayout, Span, WorkoutSession
from sessions.selectors.recordings import samples_path
from sessions.services.recordings import recording_folder
from sessions.services.workouts import workout_create
from tests.workouts.conftest import csv_bytes, zip_bytes
from web.models import Upload

URL = "/api/v1/recordings/import/"


@pytest.fixture
def client(api, athlete_user):
    return api(athlete_user)


def start(client, uploads, **more):
    return client.post(URL, {"uploads": [str(u.pk) for u in uploads], "layout": "imu6", **more}, format="json")


def test_one_file_becomes_a_recording(client, upload, run_jobs, media):
    answer = start(client, [upload(csv_bytes(), "legs.csv")], title="Legs", label="squat")
    assert answer.status_code == 202, answer.content
    (job,) = run_jobs()
    assert job.status == "succeeded", (job.failure_reason, job.log_tail)
    row = Recording.objects.get()
    assert (row.n_samples, row.rate_hz, row.session.title) == (200, 50.0, "Legs")
    assert job.result["url"] == f"/recordings/{row.pk}/"
    assert row.reviewed_at is not None
    span = Span.objects.get()
    assert (span.label, span.start_s, span.end_s, span.origin) == ("squat", 0.0, row.duration_s, "import")
    kept = media / row.originals[0]["file"]
    assert kept.read_bytes() == csv_bytes()
    assert row.fingerprint == row.originals[0]["sha256"]
    assert samples_path(row).is_file()
    assert not Upload.objects.exists()
    assert not list(recording_folder(row.pk).parent.glob(".*"))


def test_the_same_file_is_refused_with_a_way_to_the_first(client, upload, run_jobs):
    start(client, [upload(csv_bytes(), "legs.csv")])
    run_jobs()
    again = start(client, [upload(csv_bytes(), "other-name.csv")])
    assert again.status_code == 409
    row = Recording.objects.get()
    assert (again.json()["code"], again.json()["url"]) == ("duplicate", f"/recordings/{row.pk}/")


def test_another_athlete_may_import_the_same_file(client, api, upload, run_jobs, other_athlete_user):
    start(client, [upload(csv_bytes(), "legs.csv")])
    start(api(other_athlete_user), [upload(csv_bytes(), "legs.csv", owner=other_athlete_user)])
    assert [job.status for job in run_jobs()] == ["succeeded"] * 2
    assert Recording.objects.count() == 2


def test_two_imports_at_once_keep_one_recording(client, upload, run_jobs):
    for _ in range(2):
        assert start(client, [upload(csv_bytes(), "legs.csv")]).status_code == 202
    ended = run_jobs()
    assert sorted(job.status for job in ended) == ["failed", "succeeded"]
    assert {job.failure_code for job in ended} == {"", "duplicate"}
    assert Recording.objects.count() == WorkoutSession.objects.count() == 1


def test_units_side_by_side_from_loose_files(client, upload, run_jobs):
    files = [upload(csv_bytes(200), "test.txt"), upload(csv_bytes(180), "test.txt")]
    answer = start(client, files, units=["u2", "u5"])
    assert answer.status_code == 202, answer.content
    (job,) = run_jobs()
    assert job.status == "succeeded", job.failure_reason
    row = Recording.objects.get()
    assert row.layout.key == "imu6.u2+u5"
    assert (len(row.layout.channels), row.n_samples) == (12, 180)
    assert [original["unit"] for original in row.originals] == ["u2", "u5"]


def test_zip_folders_become_recordings_with_their_names_as_labels(client, upload, run_jobs):
    packed = zip_bytes(
        {
            f"s1/{exercise}/{unit}/test.txt": csv_bytes(100 + i)
            for i, (exercise, unit) in enumerate([(e, u) for e in ("e1", "e2") for u in ("u2", "u5")])
        }
        | {"s1/notes.txt": b"hello\n", "__MACOSX/s1/._x": b"x"}
    )
    given = [upload(packed, "s1.zip")]
    dry = start(client, given, units=["u2", "u5"], label_from_folder=True, dry_run=True)
    assert [r["label"] for r in dry.json()["recordings"]] == ["e1", "e2"]
    assert [one["name"] for one in dry.json()["left_out"]] == ["s1/notes.txt"]
    assert not Recording.objects.exists()
    start(client, given, units=["u2", "u5"], label_from_folder=True)
    (job,) = run_jobs()
    assert job.status == "succeeded", job.failure_reason
    assert sorted(Span.objects.values_list("label", flat=True)) == ["e1", "e2"]
    assert job.result["url"] == f"/workouts/{WorkoutSession.objects.get().pk}/"
    assert SensorLayout.objects.filter(key="imu6.u2+u5").count() == 1


def test_bad_lines_are_kept_with_their_number(client, upload, run_jobs):
    lines = csv_bytes(100).decode().splitlines()
    lines[10] = "0.18,1,2"
    lines[20] = lines[20].replace("5.5", "NaN", 1) if "5.5" in lines[20] else "0.38,x,1,1,1,1,1"
    start(client, [upload("\n".join(lines).encode(), "bad.csv")])
    (job,) = run_jobs()
    assert job.status == "succeeded", job.failure_reason
    row = Recording.objects.get()
    assert [issue["row"] for issue in row.issues][:2] == [11, 21]
    assert row.n_samples == 98


def test_nothing_stays_of_a_file_that_cannot_be_read(client, upload, run_jobs, media):
    data = csv_bytes(9000) + b"x,y,z,broken,line,a,b\n" * 12_000
    start(client, [upload(data, "broken.csv")])
    (job,) = run_jobs()
    assert (job.status, job.failure_code) == ("failed", "too_many_bad_rows")
    assert "Row" in job.failure_reason or "row" in job.failure_reason
    assert not Recording.objects.exists()
    assert not WorkoutSession.objects.exists()
    assert not [p for p in (media / "recordings").rglob("*") if p.is_file()]


def test_rate_is_asked_where_the_file_has_no_time(client, upload, run_jobs):
    data = csv_bytes(100, columns="t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z").decode().splitlines()
    plain = "\n".join(line.split(",", 1)[1] for line in data).encode()
    refused = start(client, [upload(plain, "plain.csv")])
    assert refused.status_code == 400
    assert "sampling rate" in refused.json()["detail"]
    assert start(client, [upload(plain, "plain.csv")], rate_hz=25).status_code == 202
    (job,) = run_jobs()
    assert Recording.objects.get().rate_hz == 25.0


def test_mapping_and_scale_are_followed(client, upload, run_jobs):
    data = csv_bytes(50, columns="t,a,b,c,d,e,f")
    mapping = dict(zip(["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"], "abcdef", strict=True))
    units = {"acc": "m/s²", "gyr": "rad/s"}
    answer = start(client, [upload(data, "odd.csv")], mapping=mapping, scale={"acc_x": 2.0}, channel_units=units)
    assert answer.status_code == 202, answer.content
    run_jobs()
    shown = client.get(f"/api/v1/recordings/{Recording.objects.get().pk}/samples/").json()
    assert shown["channels"]["acc_x"][:3] == [1.0, 3.0, 5.0]
    assert shown["channels"]["acc_y"][:3] == [0.5, 1.5, 2.5]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"../x.csv": csv_bytes()}, "zip_unsafe"),
        ({"/x.csv": csv_bytes()}, "zip_unsafe"),
        ({"a\\..\\x.csv": csv_bytes()}, "zip_unsafe"),
        ({"bomb.csv": b"0" * (80 * 1024 * 1024)}, "zip_bomb"),
    ],
)
def test_bad_archives_are_refused_before_anything_is_written(client, upload, media, files, code):
    row = upload(zip_bytes(files), "evil.zip")
    answer = start(client, [row])
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not (media / "recordings").exists()
    assert client.get(f"/api/v1/recordings/preview/?upload={row.pk}").status_code == 400


def test_too_many_entries_and_links_are_refused(client, upload):
    many = zip_bytes({f"{n}.csv": b"" for n in range(10_001)})
    assert start(client, [upload(many, "many.zip")]).json()["code"] == "zip_too_many"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert start(client, [upload(out.getvalue(), "link.zip")]).json()["code"] == "zip_unsafe"


def test_foreign_uploads_layouts_and_workouts_are_missing(client, upload, other_athlete_user, athlete_user):
    foreign = upload(csv_bytes(), "a.csv", owner=other_athlete_user)
    assert start(client, [foreign]).status_code == 404
    own = upload(csv_bytes(), "a.csv")
    assert start(client, [own], layout="nothing").status_code == 404
    layout = SensorLayout.objects.create(
        key="x-1", title="X", channels=[{"name": "x", "unit": ""}], rate_hz=50, owner=other_athlete_user
    )
    assert start(client, [own], layout=str(layout.pk)).status_code == 404
    workout = workout_create(athlete=athlete_for(other_athlete_user), title="Theirs")
    assert start(client, [own], session=str(workout.pk)).json()["code"] == "not_found"


def test_preview_tells_what_is_in_a_file(client, upload):
    row = upload(csv_bytes(), "legs.csv")
    shown = client.get(f"/api/v1/recordings/preview/?upload={row.pk}").json()["files"][0]
    assert (shown["format"], shown["delimiter"], shown["suggested_layout"], shown["needs_rate"]) == (
        "csv",
        ",",
        "imu6",
        False,
    )
    assert shown["suggested_mapping"]["acc_x"] == "acc_x"


def test_a_second_attempt_finds_what_the_first_one_stored(client, upload, run_jobs):
    files = [upload(csv_bytes(100), "a.csv"), upload(csv_bytes(110), "b.csv")]
    start(client, files)
    (job,) = run_jobs()
    first = set(Recording.objects.values_list("pk", flat=True))
    assert len(first) == 2
    again = [upload(csv_bytes(100), "a.csv"), upload(csv_bytes(110), "b.csv")]
    parameters = job.parameters | {"uploads": [str(u.pk) for u in again]}
    for planned, row in zip(parameters["recordings"], again, strict=True):
        planned["files"][0]["upload"] = str(row.pk)
    Job.objects.filter(pk=job.pk).update(status="queued", parameters=parameters, claim_token=None)
    (job,) = run_jobs()
    assert job.status == "succeeded", (job.failure_code, job.failure_reason)
    assert set(Recording.objects.values_list("pk", flat=True)) == first


def test_a_file_that_unpacks_to_too_much_is_413(client, upload, recording, tmp_path):
    """Its footer tells of eight kilobytes; the child that reads it may not have the memory that it takes."""
    bomb = attack_files.parquet_bomb(tmp_path / "bomb.parquet").read_bytes()
    assert len(bomb) < 70_000
    answer = start(client, [upload(bomb, "bomb.parquet")])
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "more memory than a file may need" in answer.json()["detail"]
    mixed = [upload(bomb, "b.parquet"), upload(b"<html></html>", "c.csv")]
    assert start(client, mixed).json()["code"] == "nothing_fits"
    assert not Job.objects.exists()
