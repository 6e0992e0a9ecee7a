"""Days from files: understood line by line, streamed, repeated without harm, and bombs refused."""

import zipfile
from datetime import date

import pytest

from burnout.models import CheckIn, CheckInSource
from burnout.services.imports.apple import apple_days
from burnout.services.imports.keep import days_keep
from burnout.services.imports.table import table_plan
from mlops.ml.contract import UnreadableInput

TODAY = date(2026, 6, 1)


def csv_file(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "days.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_table_with_other_names_a_semicolon_and_decimal_commas(tmp_path):
    text = "Datum;Sleep;Mood;HRV;Shoe\n31.05.2026;7,5;5;61,2;x\n30.05.2026;;NA;58;y\n"
    plan = table_plan(csv_file(tmp_path, text, "utf-16"), today=TODAY)
    assert plan.columns == {"day": "Datum", "sleep_hours": "Sleep", "mood": "Mood", "hrv_rmssd": "HRV"}
    assert plan.ignored == ["Shoe"]
    assert plan.days == {
        date(2026, 5, 31): {"sleep_hours": 7.5, "mood": 5, "hrv_rmssd": 61.2}, date(2026, 5, 30): {"hrv_rmssd": 58.0},
    }


def test_every_wrong_line_is_told_and_the_others_stay(tmp_path):
    text = (
        "date,mood,sleep_hours\n2026-05-01,4,7\nyesterday,4,7\n2026-05-02,9,7\n2026-05-03,4.5,7\n2026-05-04,4\n"
        "2026-07-01,4,7\n2026-05-05,4,nan\n2026-05-06,4,1e400\n2026-05-01,6,7\n\n"
    )
    plan = table_plan(csv_file(tmp_path, text), today=TODAY)
    assert [error.line for error in plan.errors] == [3, 4, 5, 6, 7, 9]
    assert plan.n_twice == 1
    assert plan.days[date(2026, 5, 1)]["mood"] == 6
    assert plan.days[date(2026, 5, 5)] == {"mood": 4}


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
        table_plan(csv_file(tmp_path, text), today=TODAY)
    assert refused.value.code == code


def test_keeping_fills_gaps_and_repeats_without_harm(athlete):
    CheckIn.objects.create(athlete=athlete, day=date(2026, 5, 1), mood=2)
    days = {date(2026, 5, 1): {"mood": 6, "stress": 3}, date(2026, 5, 2): {"rpe": 5.0, "minutes": 60.0}}
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
    found = apple_days(path)
    assert found.days == {date(2026, 5, 1): {"hrv_sdnn": 45.0, "resting_hr": 57.0, "sleep_hours": 7.5}}
    assert "hrv_rmssd" not in found.days[date(2026, 5, 1)]


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
        assert apple_days(path).n_records == n
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
        apple_days(path)
    assert refused.value.code == code


def test_an_archive_that_would_grow_too_much_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.xml", "<HealthData>" + " " * 50_000_000 + "</HealthData>")
    with pytest.raises(UnreadableInput) as refused:
        apple_days(path)
    assert refused.value.code == "archive_too_large"
