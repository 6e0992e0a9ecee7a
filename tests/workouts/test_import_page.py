"""The mapping step on the page: factors are shown, what is unsure is asked, heading and time column are chosen."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mlops.ml.sensors.recording_file import read_range
from mlops.models import Job
from sessions.models import Recording, SensorLayout
from sessions.selectors.recordings import samples_path
from tests.ml.sensors_io.motion import DEG, G, movement, table
from tests.trouble import trouble_file

T, X = movement()


@pytest.fixture
def imported(client, athlete_user, upload):
    """imported(bytes, name) → (text, post) where post(**fields) sends the form again."""
    client.force_login(athlete_user)

    def look(data, name):
        row = upload(data, name)
        text = client.get("/import/", {"upload": row.pk}).content.decode()

        def post(**fields):
            return client.post("/import/", {"upload": row.pk, **fields})

        return text, post

    return look


def layout(key):
    return SensorLayout.objects.get(key=key).pk


def test_every_factor_is_shown_and_a_missing_unit_is_asked(imported, run_jobs):
    text, post = imported(
        table("t,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z", [T, *(X[:, :3].T / G), *(X[:, 3:].T / DEG)]).encode(), "a.csv"
    )
    assert text.count("× 9.80665") >= 4  # three channels and the question
    assert "gravity at rest" in text
    assert re.search(r'name="unit_of-gyr"[^>]*aria-invalid="true"', text)
    assert "Most likely °/s" in text
    assert "to import</h2>" not in text
    refused = post(start=1, layout=layout("imu6"))
    assert refused.status_code == 200
    assert not Job.objects.exists()
    shown = post(refresh=1, layout=layout("imu6"), **{"unit_of-gyr": "°/s"}).content.decode()
    assert "1 recording to import</h2>" in shown
    assert "0.0174533" in shown
    answer = post(start=1, layout=layout("imu6"), **{"unit_of-gyr": "°/s"})
    assert answer.status_code == 302
    run_jobs()
    _, x = read_range(samples_path(Recording.objects.get()))
    np.testing.assert_allclose(x, X, atol=1e-3)


def test_a_heading_and_a_time_column_can_be_chosen_by_keyboard(imported):
    body = table("a,acc_x,acc_y,acc_z", [T, *X[:, :3].T])
    text, post = imported(("t,u,v,w\ns,one,two,three\n" + body).encode(), "a.csv")
    assert len(re.findall(r'<input type="radio"[^>]*name="header_row"', text)) >= 10
    assert '<label for="line-3">acc_x</label>' in text
    assert "onclick" not in text
    assert "<script>" not in text
    shown = post(refresh=1, layout=layout("acc3"), header_row="3").content.decode()
    assert re.search(r'id="line-3" name="header_row" value="3" checked', shown)
    assert re.search(r'name="time_column" value="a"', shown)
    assert "per second" in shown
    timed = post(refresh=1, layout=layout("acc3"), header_row="3", time_column="a").content.decode()
    assert "1 recording to import</h2>" in timed
    untimed = post(refresh=1, layout=layout("acc3"), header_row="3", time_column="-").content.decode()
    assert "Enter the sampling rate" in untimed


def test_a_year_in_doubt_is_a_choice_on_the_page(imported):
    begin = 1_740_000_000 - 978_307_200
    text, post = imported(
        table("timestamp,acc_x,acc_y,acc_z", [[f"{begin + s:.3f}" for s in T], *X[:, :3].T]).encode(), "a.csv"
    )
    assert "from 2001: 2025-02-19" in text
    assert "to import</h2>" not in text
    assert "1 recording to import</h2>" in post(refresh=1, layout=layout("acc3"), clock="2001").content.decode()


def test_files_of_one_recording_are_shown_together(imported, run_jobs):
    text, post = imported(trouble_file("05").read_bytes(), "walk.zip")
    assert "1 recording to import</h2>" in text
    assert "in TotalAcceleration.csv" in text
    assert "in Gyroscope.csv" in text
    assert "Sensor Logger" in text
    assert post(start=1, layout=layout("imu6")).status_code == 302
    (job,) = run_jobs()
    assert job.status == "succeeded", job.failure_reason
    assert Recording.objects.get().n_samples == 200


def test_a_file_of_another_sensor_is_not_taken_for_the_chosen_columns(imported, run_jobs):
    _, post = imported(trouble_file("05").read_bytes(), "walk.zip")
    chosen = {"map-acc_x": "y", "map-acc_y": "x", "map-acc_z": "z"}
    assert post(start=1, layout=layout("acc3"), **chosen).status_code == 302
    (job,) = run_jobs()
    assert [one["name"] for one in job.result["created"]] == ["TotalAcceleration.csv"]
