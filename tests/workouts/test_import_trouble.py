"""The files that loggers are known to write badly, through the API: each becomes the right recording, or a question."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.ml.sensors.recording_file import read_range
from mlops.models import Job
from sessions.models import Recording
from sessions.selectors.recordings import samples_path
from tests.ml.sensors_io.motion import DEG, EPOCH, G, movement, table
from tests.ml.sensors_io.test_trouble import FILES
from tests.trouble import trouble_file
from tests.workouts.conftest import zip_bytes

URL = "/api/v1/recordings/import/"


@pytest.fixture
def bring(api, athlete_user, upload, run_jobs):
    """bring(bytes, name, **choices) → (answer, job or None)."""

    def run(data, name, **choices):
        given = {"uploads": [str(upload(data, name).pk)], "layout": "imu6", **choices}
        answer = api(athlete_user).post(URL, given, format="json")
        jobs = run_jobs() if answer.status_code == 202 else []
        return answer, jobs[0] if jobs else None

    return run


def samples(row):
    return read_range(samples_path(row))


@pytest.mark.parametrize("number", FILES)
def test_a_troublesome_file_becomes_its_right_recording(bring, number):
    path, want = trouble_file(number), FILES[number]
    data = path.read_bytes()
    if want.asked:
        answer, _ = bring(data, path.name, layout=want.layout)
        told = answer.json()
        assert (answer.status_code, told["code"]) == (400, "unit_needed")
        assert told["errors"][0]["field"] == f"channel_units.{want.asked}"
        assert told["likely"] == want.answer[want.asked]
        assert {"value": "°/s", "text": "°/s"} in told["choices"]
        assert not Job.objects.exists()
    answer, job = bring(data, path.name, layout=want.layout, channel_units=want.answer)
    assert answer.status_code == 202, answer.content
    assert job.status == "succeeded", job.failure_reason
    row = Recording.objects.get()
    t, x = samples(row)
    assert len(t) == want.n
    assert row.rate_hz == pytest.approx(want.rate_hz, rel=1e-3)
    if want.t0 > 1e8:
        assert row.started_at.timestamp() == pytest.approx(want.t0, abs=1e-3)
    assert x[:, 2].mean() == pytest.approx(want.mean_z, abs=0.01)
    if x.shape[1] > 3:
        assert np.abs(x[:, 3:]).max(axis=0) == pytest.approx([1.2, 0.1, 0.05], rel=0.02)
    assert sum(issue["row"] > 0 for issue in row.issues) == want.n_bad
    assert want.said in " ".join(issue["message"] for issue in row.issues)


def test_a_sensor_logger_archive_becomes_one_recording(bring):
    path = trouble_file("05")
    plan = bring(path.read_bytes(), path.name, dry_run=True)[0].json()
    (planned,) = plan["recordings"]
    assert [file["name"] for file in planned["files"]] == ["TotalAcceleration.csv", "Gyroscope.csv"]
    assert {one["name"] for one in plan["left_out"]} == {"Accelerometer.csv", "Annotation.csv", "Metadata.csv"}
    answer, job = bring(path.read_bytes(), path.name)
    assert job.status == "succeeded", job.failure_reason
    row = Recording.objects.get()
    t, x = samples(row)
    assert (len(t), row.rate_hz) == (200, pytest.approx(100, rel=1e-3))
    assert row.started_at.timestamp() == pytest.approx(EPOCH)
    assert x[:, 2].mean() == pytest.approx(10.156, abs=0.01)
    assert np.abs(x[:, 3:]).max(axis=0) == pytest.approx([1.2, 0.1, 0.05], rel=0.02)


def test_an_accelerometer_alone_takes_only_the_one_with_gravity(bring):
    path = trouble_file("05")
    _, job = bring(path.read_bytes(), path.name, layout="acc3")
    assert job.status == "succeeded", job.failure_reason
    assert [one["name"] for one in job.result["created"]] == ["TotalAcceleration.csv"]


def metawear(rows, unit, factor, rate, shift=0.0):
    """A MetaWear file of three columns."""
    t = np.arange(len(rows)) / rate + shift
    axes = [f"{axis}-axis ({unit})" for axis in "xyz"]
    header = ",".join(["epoc (ms)", "timestamp (-0500)", "elapsed (s)", *axes])
    epoch = [f"{1000 * (EPOCH + s):.0f}" for s in t]
    return table(header, [epoch, ["2026-02-25T01:13:20.000"] * len(t), t, *(rows * factor).T]).encode()


def test_metawear_files_of_two_devices_and_two_rates_become_a_recording_each(bring):
    _, x = movement()
    files = {}
    for device, size in (("E1A2", 1.0), ("F00D", 0.5)):
        name = f"walk_2026-02-25T06.13.20.{device[:3]}_{device}_".replace(".E1A", ".120").replace(".F00", ".125")
        files[f"{name}Accelerometer_50.000Hz_1.4.4.csv"] = metawear(x[:, :3] * [size, size, 1], "g", 1 / G, 50)
        files[f"{name}Gyroscope_25.000Hz_1.4.4.csv"] = metawear(x[::2, 3:] * size, "deg/s", 1 / DEG, 25, 0.004)
    _, job = bring(zip_bytes(files), "walk.zip")
    assert job.status == "succeeded", job.failure_reason
    assert len(job.result["created"]) == 2
    rows = Recording.objects.order_by("created_at")
    assert [row.n_samples for row in rows] == [300, 300]
    assert sorted(round(float(samples(row)[1][:, 3].max()), 1) for row in rows) == [0.6, 1.2]


def test_a_phyphox_archive_gets_its_date_and_its_pause_back(bring):
    t, x = movement()
    phyphox = {
        name: table(
            ";".join([f'"{time} (s)"', *(f'"{words} {axis} ({unit})"' for axis in "xyz"), f'"Absolut ({unit})"']),
            [t, *values.T, values[:, 0]],
            sep=";",
        ).encode()
        for name, time, words, unit, values in (
            ("Accelerometer.csv", "Zeit", "Beschleunigung", "m/s^2", x[:, :3]),
            ("Gyroscope.csv", "Zeit", "Gyroskop", "rad/s", x[:, 3:]),
        )
    }
    marks = ['"event";"experiment time";"system time";"system time text"', f'"START";0;{EPOCH};""']
    marks += [f'"PAUSE";3.0;{EPOCH + 3};""', f'"START";3.0;{EPOCH + 63};""']
    phyphox["meta/time.csv"] = "\n".join(marks).encode()
    phyphox["meta/device.csv"] = b'"property";"value"\n"deviceModel";"Made up"\n'
    _, job = bring(zip_bytes(phyphox), "phyphox.zip")
    assert job.status == "succeeded", job.failure_reason
    row = Recording.objects.get()
    assert row.started_at.timestamp() == pytest.approx(EPOCH, abs=1e-3)
    got, values = samples(row)
    assert np.diff(got).max() == pytest.approx(60, abs=0.1)
    np.testing.assert_allclose(values[:, :3], x[:, :3], atol=1e-3)


def test_files_per_sensor_of_any_logger_are_asked_and_joined(bring):
    t, x = movement()
    stamps = [f"{1000 * (EPOCH + s):.0f}" for s in t]
    files = {
        f"{folder}/{name}.csv": table("timestamp,x,y,z", [stamps, *(values * size).T]).encode()
        for folder, size in (("one", 1.0), ("two", [1, 1.1, 1]))
        for name, values in (("acc", x[:, :3]), ("gyro", x[:, 3:]))
    }
    answer, _ = bring(zip_bytes(files), "all.zip")
    assert (answer.json()["code"], answer.json()["errors"][0]["field"]) == ("unit_needed", "channel_units.gyr")
    _, job = bring(zip_bytes(files), "all.zip", channel_units={"gyr": "rad/s"}, label_from_folder=True)
    assert [one["name"] for one in job.result["created"]] == ["one/acc.csv", "two/acc.csv"]
    first = Recording.objects.get(pk=job.result["created"][0]["id"])
    np.testing.assert_allclose(samples(first)[1], x, atol=1e-4)
    assert first.spans.get().label == "one"


def test_sensors_that_never_ran_together_are_no_recording(bring):
    t, x = movement()
    files = {
        f"{name}.csv": table("time,x,y,z", [[f"{1000 * (begin + s):.0f}" for s in t], *values.T]).encode()
        for name, values, begin in (("acc", x[:, :3], EPOCH), ("gyro", x[:, 3:], EPOCH + 900))
    }
    _, job = bring(zip_bytes(files), "all.zip", channel_units={"gyr": "rad/s"})
    assert (job.status, job.failure_code) == ("failed", "not_enough_data")
    assert not Recording.objects.exists()


def test_what_is_asked_waits_and_an_answer_is_followed(bring):
    t, x = movement()
    text = table("t,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z", [t, *(x[:, :3].T / G), *(x[:, 3:].T / DEG)])
    answer, _ = bring(text.encode(), "a.csv")
    assert answer.json()["code"] == "unit_needed"
    dry, _ = bring(text.encode(), "a.csv", channel_units={"gyr": "deg/s"}, dry_run=True)
    told = dry.json()["conversions"][0]["channels"]
    assert told["acc_x"]["factor"] == pytest.approx(G)
    assert told["gyr_x"]["unit"] == "°/s"
    _, job = bring(text.encode(), "a.csv", channel_units={"gyr": "deg/s"})
    assert job.status == "succeeded", job.failure_reason
    row = Recording.objects.get()
    np.testing.assert_allclose(samples(row)[1], x, atol=1e-3)
    assert any("9.80665" in issue["message"] for issue in row.issues)


def test_a_year_in_doubt_waits_for_an_answer(bring):
    t, x = movement()
    begin = 1_740_000_000 - 978_307_200
    text = table("timestamp,acc_x,acc_y,acc_z", [[f"{begin + s:.3f}" for s in t], *x[:, :3].T]).encode()
    answer, _ = bring(text, "a.csv", layout="acc3")
    assert (answer.status_code, answer.json()["code"]) == (400, "clock_needed")
    assert [choice["value"] for choice in answer.json()["choices"]] == ["1970", "2000", "2001", "start"]
    _, job = bring(text, "a.csv", layout="acc3", clock="2001")
    assert job.status == "succeeded", job.failure_reason
    assert Recording.objects.get().started_at.timestamp() == pytest.approx(1_740_000_000)


def test_columns_are_never_filled_by_their_number(bring):
    t, x = movement()
    answer, _ = bring(table("t,a,b,c", [t, *x[:, :3].T]).encode(), "a.csv", layout="acc3")
    assert (answer.status_code, answer.json()["code"]) == (400, "nothing_fits")
    five = table("t,a,b,c,d,e", [t, *x[:, :5].T]).encode()
    assert bring(five, "b.csv", layout="flextail")[0].json()["code"] == "nothing_fits"


def test_impossible_values_store_nothing(bring):
    t, x = movement()
    names = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
    text = table(",".join(["t", *names]), [t, *(x[:, :3].T), *(x[:, 3:].T * 1e6)]).encode()
    _, job = bring(text, "a.csv", scale=dict.fromkeys(names, 1.0))
    assert (job.status, job.failure_code) == ("failed", "out_of_range")
    assert not Recording.objects.exists()
