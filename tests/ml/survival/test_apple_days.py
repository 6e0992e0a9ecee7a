"""Exports of Apple Health in many clothes: devices kept apart, broken files read, hostile ones without cost."""

from __future__ import annotations

import tracemalloc

import pytest

from benchmarks import attack_files
from mlops.ml.contract import UnreadableInput
from mlops.ml.survival.checkins.readers.apple import apple_days
from tests.trouble import trouble_file


@pytest.mark.parametrize(
    ("number", "days"),
    [
        ("25", {"2026-03-02": {"hrv_sdnn": 52.0, "resting_hr": 49.0, "sleep_hours": 7.5}}),
        ("26", {
            "2026-03-02": {"hrv_sdnn": 52.0, "resting_hr": 49.0, "sleep_hours": 7.5}, "2026-03-03": {"hrv_sdnn": 61.0},
        }),
        ("29", {f"2026-03-0{n}": {"hrv_sdnn": 48.0 + n, "hrv_rmssd": 71.0 + n} for n in (2, 3, 4, 5)}),
    ],
)  # fmt: skip
def test_an_export_of_apple_health_gives_its_right_days(number, days):
    found = apple_days(trouble_file(number))
    assert found.days == days
    assert ("Made Up Strap" in " ".join(found.notes)) == (number == "29")


def record(kind, start, end, value, source="Watch", extra=""):
    name = "HKCategoryTypeIdentifier" if "Sleep" in kind else "HKQuantityTypeIdentifier"
    return (f'<Record type="{name}{kind}" sourceName="{source}" {extra} startDate="{start} +0100" '
            f'endDate="{end} +0100" value="{value}"/>\n')  # fmt: skip


def slept(start, end, source="Watch", phase="Core"):
    return record("SleepAnalysis", start, end, f"HKCategoryValueSleepAnalysisAsleep{phase}", source)


@pytest.fixture
def apple(tmp_path):
    def make(records, head='<?xml version="1.0" encoding="UTF-8"?>\n', tail="</HealthData>", encoding="utf-8"):
        path = tmp_path / "export.xml"
        path.write_bytes((head + "<HealthData>\n" + records + tail).encode(encoding, "surrogateescape"))
        return apple_days(path)

    return make


def sdnn(day, value, source="Watch"):
    return record("HeartRateVariabilitySDNN", f"{day} 03:00:00", f"{day} 03:01:00", value, source, 'unit="ms"')


def test_a_night_of_three_devices_is_one_and_a_nap_counts(apple):
    night = (
        slept("2026-03-01 23:00:00", "2026-03-02 03:00:00")
        + slept("2026-03-02 03:20:00", "2026-03-02 06:30:00")
        + slept("2026-03-01 22:30:00", "2026-03-02 07:00:00", "Phone", "Unspecified")
        + slept("2026-03-01 22:45:00", "2026-03-02 06:45:00", "SleepApp", "")
        + slept("2026-03-02 14:00:00", "2026-03-02 14:30:00", "Phone", "")
    )
    assert apple(night).days == {"2026-03-02": {"sleep_hours": 7.67}}


def test_a_new_watch_goes_on_where_the_old_one_ended_but_not_a_strap(apple):
    days = [f"2026-03-{n:02}" for n in range(1, 11)]
    text = "".join(sdnn(day, 50, "Old") for day in days[:6]) + "".join(sdnn(day, 55, "New") for day in days[6:])
    found = apple(text + "".join(sdnn(day, 114, "Strap") for day in days[7:]))
    assert [answers["hrv_sdnn"] for answers in found.days.values()] == [50.0] * 6 + [55.0] * 4
    assert "Strap" in " ".join(found.notes)


@pytest.mark.parametrize(
    "head",
    [
        '<?xml version="1.0"?>\n<!DOCTYPE HealthData [\n<!ATTLIST Record\n type CDATA #REQ',
        '<?xml version="1.0"?><!DOCTYPE HealthData [<!-- \x0b --><!ELEMENT x (y,>]>',
        "\ufeff",
    ],
)
def test_no_document_type_is_read(apple, head):
    assert apple(sdnn("2026-03-02", 52), head=head).days == {"2026-03-02": {"hrv_sdnn": 52.0}}


def test_broken_names_cost_nothing(apple):
    names = ("A & B", "a > b", "&#11;x", "&nbsp;", "\x0c\x1b", "\udcff\udcfe", "o'clock", 'My "Watch')
    for name in names:
        assert apple(sdnn("2026-03-02", 52, name) + sdnn("2026-03-03", 53, name)).days.keys() >= {"2026-03-03"}, name


def test_an_export_that_breaks_off_keeps_what_stands_before_and_says_so(apple):
    found = apple(sdnn("2026-03-02", 52), tail='<Record type="HK')
    assert found.days == {"2026-03-02": {"hrv_sdnn": 52.0}}
    assert "is incomplete" in found.notes[0]


def test_nesting_takes_no_memory(apple):
    tracemalloc.start()
    assert apple("<a>" * 400_000 + sdnn("2026-03-02", 52)).n_records == 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6


def test_tags_over_the_border_of_two_pieces_are_whole(apple):
    text = "".join(sdnn(f"20{n // 336 + 10}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}", 50) for n in range(5000))
    for shift in range(3):
        assert apple(" " * (37 * shift) + text * 2).n_records == 10_000


def test_xml_that_a_parser_would_have_to_remember_costs_no_memory(tmp_path):
    """Elements without end, names without end, and values that a document type gives to every record."""
    values = "".join(f'a{i} CDATA "{"x" * 50}" ' for i in range(2000))
    path = tmp_path / "values.xml"
    path.write_text(f"<!DOCTYPE HealthData [<!ATTLIST Record {values}>]><HealthData>{'<Record/>' * 10_000}")
    deep = attack_files.nested_xml(tmp_path / "deep.xml", 200_000)
    for one in (path, deep, attack_files.many_names_xml(tmp_path / "names.xml", 100_000)):
        tracemalloc.start()
        try:
            assert apple_days(one).n_records == 0
        except UnreadableInput:
            pass
        assert tracemalloc.get_traced_memory()[1] < 30e6
        tracemalloc.stop()
