"""Days from files: understood line by line, streamed, repeated without harm, and bombs refused."""

import io
import os
import zipfile
from datetime import date

import pytest

from burnout.models import CheckIn, CheckInSource
from burnout.services.imports.apple import apple_read
from burnout.services.imports.keep import days_keep
from mlops.ml.contract import UnreadableInput
from mlops.ml.survival.checkins.readers import read_days
from web.models import Upload
from web.services.uploads import upload_complete, upload_create, upload_open_path, upload_write_part

TODAY = date(2026, 6, 1)


def csv_file(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "days.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_table_with_other_names_a_semicolon_and_decimal_commas(tmp_path):
    text = "Datum;Sleep;Mood;HRV;Shoe\n31.05.2026;7,5;5;61,2;x\n30.05.2026;;NA;58;y\n"
    told = {"kind.hrv": "hrv_rmssd", "scale": "1-7", "direction": "named"}
    plan = read_days(csv_file(tmp_path, text, "utf-16"), today=TODAY, told=told)
    found = {one.name: one.title for one in plan.columns}
    assert found == {"day": "Datum", "sleep_hours": "Sleep", "mood": "Mood", "hrv_rmssd": "HRV"}
    assert [one.title for one in plan.ignored] == ["Shoe"]
    assert plan.by_day() == {
        date(2026, 5, 31): {"sleep_hours": 7.5, "mood": 5, "hrv_rmssd": 61.2}, date(2026, 5, 30): {"hrv_rmssd": 58.0},
    }


def test_every_wrong_line_is_told_and_the_others_stay(tmp_path):
    text = (
        "date,mood,sleep_hours\n2026-05-01,4,7\nyesterday,4,7\n2026-05-02,9,7\n2026-05-03,4.5,7\n2026-05-04,4\n"
        "2026-07-01,4,7\n2026-05-05,4,nan\n2026-05-06,4,1e400\n2026-05-01,6,7\n\n"
    )
    plan = read_days(csv_file(tmp_path, text), today=TODAY, told={"scale": "1-7", "direction": "named"})
    assert [error.line for error in plan.errors] == [3, 4, 6, 7, 9]
    days = plan.by_day()
    assert days[date(2026, 5, 1)] == {"mood": 6, "sleep_hours": 7.0}
    assert days[date(2026, 5, 2)] == {"sleep_hours": 7.0}, "a wrong cell does not cost its line"
    assert days[date(2026, 5, 5)] == {"mood": 4}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mood,stress\n1,2\n", "no_day"),
        ("date,shoe\n2026-05-01,x\n", "no_answers"),
        ("date,mood\n" + "x" * 20_000 + ",4\n", "line_too_long"),
    ],
)
def test_what_is_no_table_of_days_is_refused(tmp_path, text, code):
    with pytest.raises(UnreadableInput) as refused:
        read_days(csv_file(tmp_path, text), today=TODAY)
    assert refused.value.code == code


def test_keeping_fills_gaps_and_repeats_without_harm(athlete):
    CheckIn.objects.create(athlete=athlete, day=date(2026, 5, 1), mood=2)
    days = {date(2026, 5, 1): {"mood": 6, "stress": 3}, date(2026, 5, 2): {"rpe": 5.0, "workload": 300.0}}
    first = days_keep(athlete=athlete, days=days, source=CheckInSource.CSV)
    again = days_keep(athlete=athlete, days=days, source=CheckInSource.CSV)
    assert (first.n_new, first.n_filled) == (1, 1)
    assert (again.n_new, again.n_filled, again.n_same) == (0, 0, 2)
    row = CheckIn.objects.get(day=date(2026, 5, 1))
    assert (row.mood, row.stress) == (2, 3)
    assert CheckIn.objects.get(day=date(2026, 5, 2)).workload == 300
    days_keep(athlete=athlete, days=days, source=CheckInSource.CSV, overwrite=True)
    assert CheckIn.objects.get(day=date(2026, 5, 1)).mood == 6


def record(kind, start, end, value):
    name = "HKCategoryTypeIdentifier" if "Sleep" in kind else "HKQuantityTypeIdentifier"
    return f'<Record type="{name}{kind}" startDate="{start}" endDate="{end}" value="{value}"/>\n'


ASLEEP = "HKCategoryValueSleepAnalysisAsleepCore"
IN_BED = "HKCategoryValueSleepAnalysisInBed"
EXPORT = (
    '<?xml version="1.0"?>\n<!DOCTYPE HealthData [\n<!ELEMENT HealthData (Record*)>\n'
    "<!ATTLIST Record type CDATA #REQUIRED>\n]>\n"
    '<HealthData locale="en">\n'
    + record("HeartRateVariabilitySDNN", "2026-05-01 06:00:00 +0200", "2026-05-01 06:01:00 +0200", "40")
    + record("HeartRateVariabilitySDNN", "2026-05-01 23:30:00 +0200", "2026-05-01 23:31:00 +0200", "50")
    + record("RestingHeartRate", "2026-05-01 12:00:00 +0200", "2026-05-01 12:00:00 +0200", "57")
    + record("RestingHeartRate", "2026-05-01 12:00:00 +0200", "2026-05-01 12:00:00 +0200", "900")
    + record("StepCount", "2026-05-01 12:00:00 +0200", "2026-05-01 12:00:00 +0200", "9000")
    # a watch and a phone record the same night; time awake in bed does not count
    + record("SleepAnalysis", "2026-04-30 23:00:00 +0200", "2026-05-01 03:00:00 +0200", ASLEEP)
    + record("SleepAnalysis", "2026-05-01 02:00:00 +0200", "2026-05-01 06:30:00 +0200", ASLEEP)
    + record("SleepAnalysis", "2026-05-01 06:30:00 +0200", "2026-05-01 08:00:00 +0200", IN_BED)
    + "</HealthData>\n"
)


def test_apple_health_by_day_with_one_kind_of_hrv(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("apple_health_export/export.xml", EXPORT)
    found = apple_read(path)
    assert found.by_day() == {date(2026, 5, 1): {"hrv_sdnn": 45.0, "resting_hr": 57.0, "sleep_hours": 7.5}}
    assert "hrv_rmssd" not in found.by_day()[date(2026, 5, 1)]


def test_apple_health_is_streamed(tmp_path):
    """Four times as many records take no more memory."""
    import tracemalloc

    line = record("RestingHeartRate", "2026-05-01 12:00:00 +0200", "2026-05-01 12:00:00 +0200", "57")
    peaks = []
    for n in (15_000, 60_000):
        path = tmp_path / f"{n}.xml"
        with path.open("w") as file:
            file.write("<HealthData>\n")
            for _ in range(n // 1000):
                file.write(line * 1000)
            file.write("</HealthData>\n")
        tracemalloc.start()
        assert apple_read(path).n_records == n
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 5e5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><HealthData>&b;</HealthData>', "entities"),
        ("<HealthData><Record", "unreadable_input"),
        ("<html></html>", "no_export"),
    ],
)
def test_hostile_or_broken_xml_is_refused(tmp_path, text, code):
    path = tmp_path / "export.xml"
    path.write_text(text)
    with pytest.raises(UnreadableInput) as refused:
        apple_read(path)
    assert refused.value.code == code


def test_an_archive_that_would_grow_too_much_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.xml", "<HealthData>" + " " * 70_000_000 + "</HealthData>")
    with pytest.raises(UnreadableInput) as refused:
        apple_read(path)
    assert refused.value.code == "zip_bomb"


def many(archive):
    for number in range(10_001):
        archive.writestr(f"workout-routes/{number}.gpx", "")


def link(archive):
    info = zipfile.ZipInfo("export.xml")
    info.external_attr = 0o120777 << 16
    archive.writestr(info, "/etc/passwd")


@pytest.mark.parametrize(
    ("fill", "code"),
    [
        (many, "zip_too_many"),
        (link, "zip_unsafe"),
        (lambda archive: archive.writestr("../export.xml", "<HealthData/>"), "zip_unsafe"),
        (lambda archive: archive.writestr("notes.txt", "x"), "no_export"),
    ],
)
def test_other_hostile_archives_are_refused(tmp_path, fill, code):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        fill(archive)
    with pytest.raises(UnreadableInput) as refused:
        apple_read(path)
    assert refused.value.code == code


def test_a_record_without_end_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "export.xml"
    with path.open("wb") as file:
        file.write(b'<HealthData><Record type="')
        file.truncate(256 * 2**20)  # a hole in the file: NUL bytes that are not there
    with pytest.raises(UnreadableInput) as refused:
        apple_read(path)
    assert refused.value.code in {"unreadable_input", "record_too_long"}
    with path.open("wb") as file:
        file.write(b'<HealthData><Record type="')
        for _ in range(12):
            file.write(b"x" * 2**20)
    with pytest.raises(UnreadableInput) as refused:
        apple_read(path)
    assert refused.value.code == "record_too_long"


def test_nothing_outside_is_read(tmp_path):
    """A document type that names a file or an address is not followed."""
    secret = tmp_path / "secret.txt"
    secret.write_text("57")
    path = tmp_path / "export.xml"
    path.write_text(f'<!DOCTYPE HealthData SYSTEM "file://{secret}"><HealthData></HealthData>')
    assert apple_read(path).days == {}
    path.write_text(f'<!DOCTYPE HealthData [<!ENTITY a SYSTEM "file://{secret}">]><HealthData>&a;</HealthData>')
    with pytest.raises(UnreadableInput) as refused:
        apple_read(path)
    assert refused.value.code == "entities"


@pytest.fixture
def uploaded(athlete, client):
    """Open the import page with a file that was uploaded in parts; returns the page's answer to GET or POST."""
    client.force_login(athlete.user)

    def send(data, size=None, method="get"):
        row = upload_create(owner=athlete.user, filename="days", size=len(data))
        upload_write_part(upload=row, number=0, stream=io.BytesIO(data))
        upload_complete(upload=row)
        if size is not None:
            os.truncate(upload_open_path(row), size)
        return getattr(client, method)("/recovery/import/", {"upload": str(row.pk)})

    return send


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"date,mood\n2026-05-01," + b"9" * 20_000 + b"\n", "line 2 is longer than any day can be"),
        (b"date," + b",".join(b"c%d" % i for i in range(100_000)) + b"\n", "line 1 is longer"),
        (b"date,mood\n2026-05-01,4\x00\n", ""),
        (b"\x80\x04\x95\x00", ""),
        (b"<!doctype html><script>alert(1)</script>", ""),
    ],
)
def test_the_page_says_what_is_wrong_with_a_file_and_forgets_it(uploaded, data, words):
    answer = uploaded(data)
    assert answer.status_code in (200, 422)
    assert words in answer.content.decode().lower()
    assert b"<script>alert" not in answer.content
    assert not CheckIn.objects.exists()
    if answer.status_code == 422:
        assert not Upload.objects.exists()


def test_a_line_of_a_gigabyte_is_refused_by_its_size(uploaded):
    answer = uploaded(b"date,mood\n2026-05-01,4", size=2**30)
    assert answer.status_code == 422
    assert "at most 16 MiB" in answer.content.decode()
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>', "entities"),
        ('<?xml version="1.0"?><gpx></gpx>', "no_export"),
        ('<?xml version="1.0"?><HealthData></HealthData>', "nothing_found"),
    ],
)
def test_a_hostile_export_ends_its_job_with_a_sentence_and_no_retry(uploaded, text, code):
    from mlops.jobs.services.execution import job_execute_here
    from mlops.models import Job

    assert uploaded(text.encode(), method="post").status_code == 302
    job = Job.objects.get(kind="checkins.apple")
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code, job.attempt) == ("failed", code, 1)
    assert job.failure_reason.endswith(".")
    assert not CheckIn.objects.exists()


def test_a_days_table_can_be_taken_twice(uploaded):
    data = b"date,mood (1-7),rpe,minutes\n2026-01-05,5,6,60\n"
    assert "1 day</strong> found" in uploaded(data).content.decode()
    for _ in range(2):
        assert uploaded(data, method="post").status_code == 302
    day = CheckIn.objects.get()
    assert (day.workload, day.mood) == (360, 5)


RATED = b"date,mood,stress,steps\n2026-01-05,5,1,900\n2026-01-06,2,4,800\n2026-01-07,0,3,1\n"


def test_a_scale_is_asked_on_the_page_and_nothing_is_lost_meanwhile(uploaded, client):
    page = uploaded(RATED).content.decode()
    assert 'name="told-scale"' in page
    assert 'name="told-direction"' in page
    assert ">Import</button>" not in page
    assert "<code>steps</code>" in page
    pk = str(Upload.objects.get().pk)
    refused = client.post("/recovery/import/", {"upload": pk})
    assert refused.status_code == 422
    assert not CheckIn.objects.exists()
    answers = {"upload": pk, "told-scale": "1-5", "told-direction": "good"}
    shown = client.post("/recovery/import/", {**answers, "look": "1"}).content.decode()
    assert ">Import</button>" in shown
    assert 'name="told-scale" value="1-5"' in shown
    assert client.post("/recovery/import/", answers).status_code == 302
    days = {row.day.day: (row.mood, row.stress) for row in CheckIn.objects.all()}
    assert days == {5: (7, 7), 6: (3, 3), 7: (None, 4)}


def test_an_answer_that_makes_no_sense_keeps_the_file(uploaded, client):
    uploaded(RATED)
    pk = str(Upload.objects.get().pk)
    answer = client.post("/recovery/import/", {"upload": pk, "told-column.day": "steps", "look": "1"})
    assert answer.status_code in (200, 422)
    assert Upload.objects.exists()
    assert "1-9000" not in client.post("/recovery/import/", {"upload": pk, "told-scale": "1-9000"}).content.decode()


def test_the_sample_asks_nothing(uploaded):
    page = uploaded(_sample()).content.decode()
    assert "Questions about this file" not in page
    assert "2 days</strong> found" in page


def _sample():
    from burnout.views.imports import SAMPLE

    return SAMPLE.encode()


def _sent(athlete, data):
    row = upload_create(owner=athlete.user, filename="days", size=len(data))
    upload_write_part(upload=row, number=0, stream=io.BytesIO(data))
    upload_complete(upload=row)
    return row


def test_the_api_asks_answers_and_keeps(athlete, client):
    client.force_login(athlete.user)
    upload = _sent(athlete, RATED)

    def send(**body):
        body = {"upload": str(upload.pk), **body}
        return client.post("/api/v1/check-ins/import/", body, content_type="application/json")

    looked = send(dry_run=True)
    assert looked.status_code == 200
    assert [one["about"] for one in looked.json()["asked"]] == ["scale", "direction"]
    assert [one["title"] for one in looked.json()["ignored"]] == ["steps"]
    refused = send()
    assert (refused.status_code, refused.json()["code"]) == (400, "answer_needed")
    assert refused.json()["asked"][0]["likely"] == "1-5"
    assert not CheckIn.objects.exists()
    kept = send(answers={"scale": "1-5", "direction": "named"})
    assert kept.json()["n_new"] == 3
    assert CheckIn.objects.get(day="2026-01-05").stress == 1
    assert send().status_code == 404, "the upload is used"


def test_the_api_starts_a_job_for_apple_health(athlete, client):
    client.force_login(athlete.user)
    upload = _sent(athlete, EXPORT.encode())
    answer = client.post(
        "/api/v1/check-ins/import/", {"upload": str(upload.pk)}, content_type="application/json"
    )
    assert answer.status_code == 202
    broken = _sent(athlete, b"PK\x03\x04 no archive")
    refused = client.post("/api/v1/check-ins/import/", {"upload": str(broken.pk)}, content_type="application/json")
    assert refused.status_code == 422


def test_an_export_of_a_phone_in_another_language_is_found_by_what_it_holds(tmp_path):
    for name in ("apple_health_export/exportación.xml", "導出.xml", "Exportar.XML"):
        path = tmp_path / "export.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("apple_health_export/export_cda.xml", "<?xml version='1.0'?><ClinicalDocument/>")
            archive.writestr(name, EXPORT)
        assert apple_read(path).by_day()[date(2026, 5, 1)]["sleep_hours"] == 7.5


def test_an_archive_of_tables_says_which_to_choose(tmp_path):
    path = tmp_path / "my_whoop_data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("physiological_cycles.csv", "x")
    with pytest.raises(UnreadableInput) as refused:
        apple_read(path)
    assert "physiological_cycles.csv" in str(refused.value)
