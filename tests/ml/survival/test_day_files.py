"""Files of days that products really write: each gives its right values, or asks; none is guessed."""

from __future__ import annotations

import json
from datetime import date

import pytest

from mlops.ml.contract import UnreadableInput
from mlops.ml.survival.checkins.readers import LEAVE_OUT, read_days
from tests.trouble import trouble_file

TODAY = date(2026, 6, 1)


def asked(found):
    return {one.about: one.likely for one in found.asked}


def column(found, name):
    return {day: answers.get(name) for day, answers in found.days.items()}


# --- the files that are known to be troublesome


def test_31_the_day_before_the_month_in_one_order_for_the_column():
    found = read_days(trouble_file("31"), today=TODAY)
    assert (found.product, found.dates, found.asked) == ("HRV4Training", "ydm", [])
    wanted = [f"2025-07-{n}" for n in range(27, 32)] + [f"2025-08-{n:02}" for n in range(1, 10)]
    assert list(found.days) == wanted
    assert found.days["2025-08-09"] == {"sleep_hours": 7.9, "hrv_rmssd": 60.4, "hrv_sdnn": 79.2, "resting_hr": 48.1}


def test_32_a_score_is_no_hrv_and_the_readiness_reading_counts():
    found = read_days(trouble_file("32"), today=TODAY)
    assert found.product == "Elite HRV"
    assert column(found, "hrv_rmssd") == {
        "2025-09-01": 40.87, "2025-09-02": 28.03, "2025-09-03": 46.2, "2025-09-04": 36.5,
    }  # fmt: skip
    assert {one.title for one in found.ignored} >= {"HRV", "Score"}


def test_34_the_day_of_waking_minutes_and_a_running_cycle():
    found = read_days(trouble_file("34"), today=TODAY)
    assert found.product == "WHOOP"
    assert column(found, "sleep_hours") == {"2026-03-02": 7.35, "2026-03-03": 6.7, "2026-03-04": 7.22}
    assert column(found, "hrv_rmssd") == {"2026-03-02": 88.0, "2026-03-03": 69.0, "2026-03-04": None}
    assert column(found, "resting_hr") == {"2026-03-02": 49.0, "2026-03-03": 51.0, "2026-03-04": None}


def test_36_sessions_of_a_day_are_added():
    found = read_days(trouble_file("36"), today=TODAY)
    assert column(found, "workload") == {"2026-03-02": 720.0, "2026-03-03": 0.0, "2026-03-05": 660.0}
    assert column(found, "minutes") == {"2026-03-02": 105.0, "2026-03-03": 0.0, "2026-03-05": 120.0}
    assert found.days["2026-03-02"]["note"] == "morning run; evening weights"


# --- days: one order for a column or none


def table(days, name="rmssd", value="50"):
    return "date," + name + "\n" + "".join(f"{day},{value}\n" for day in days)


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (["13/02/2026", "01/03/2026"], "2026-02-13"),
        (["02/13/2026", "03/01/2026"], "2026-02-13"),
        (["1.3.2026", "2.3.2026"], "2026-03-01"),
        (["2026/03/01", "2026/03/02"], "2026-03-01"),
        (["20260301", "20260302"], "2026-03-01"),
        (["Mar 1, 2026", "Mar 2, 2026"], "2026-03-01"),
        (["1 März 2026", "2 März 2026"], "2026-03-01"),
        (["1 de marzo de 2026", "2 de marzo de 2026"], "2026-03-01"),
        (["2026年3月1日", "2026年3月2日"], "2026-03-01"),
        (["1772323200", "1772409600"], "2026-03-01"),
        (["1772323200000", "1772409600000"], "2026-03-01"),
        (["46082", "46083"], "2026-03-01"),
        (["2026-03-01T07:10:00+01:00", "2026-03-02T07:10:00+01:00"], "2026-03-01"),
        (["2026-25-02", "2026-01-03"], "2026-02-25"),
    ],
)
def test_a_day_is_read_as_it_is_written(read, days, first):
    found = read("date;rmssd\n" + "".join(f"{day};50\n" for day in days))
    assert not found.asked
    assert min(found.days) == first
    assert len(found.days) == 2


def test_an_order_in_doubt_is_asked_and_then_followed(read):
    text = table([f"0{n}/03/2026" for n in range(1, 5)])
    found = read(text)
    assert asked(found) == {"dates": "dmy"}
    assert not found.days
    assert list(read(text, {"dates": "mdy"}).days) == ["2026-01-03", "2026-02-03", "2026-03-03", "2026-04-03"]
    assert min(read(text, {"dates": "dmy"}).days) == "2026-03-01"
    assert read(text, {"dates": "nonsense"}).asked


def test_two_orders_in_one_column_are_never_mixed(read):
    text = table(["13/02/2026", "02/14/2026", "01/02/2026"])
    found = read(text)
    assert list(asked(found)) == ["dates"]
    chosen = read(text, {"dates": "dmy"})
    assert list(chosen.days) == ["2026-02-01", "2026-02-13"]
    assert [one.line for one in chosen.errors] == [3]


def test_a_writer_known_to_turn_days_round_is_asked_where_both_fit(read):
    rows = [f"2025-0{n}-08,07:01,46,1300,70,60\n" for n in range(1, 8)]
    text = "date,time,HR,AVNN,SDNN,rMSSD\n" + "".join(rows)
    assert asked(read(text)) == {"dates": "ydm"}
    assert list(read(text, {"dates": "ydm"}).days)[0] == "2025-08-01"


def test_an_order_with_days_to_come_is_no_order(read):
    found = read(table(["05/06/2026", "05/07/2026"]), today=date(2026, 5, 10))
    assert list(found.days) == ["2026-05-06", "2026-05-07"]


def test_days_without_a_year_are_asked_for_it(read):
    text = "Date,Overnight HRV,Baseline,7d Avg\nJan 2,41ms,35ms - 51ms,34ms\nDec 31,43ms,35ms - 51ms,34ms\n"
    assert asked(read(text)) == {"year": "2026"}
    found = read(text, {"year": "2026"})
    assert found.product == "Garmin Connect"
    assert column(found, "hrv_rmssd") == {"2025-12-31": 43.0, "2026-01-02": 41.0}


def test_a_stamp_in_utc_is_of_the_day_where_the_person_was(read):
    text = "timestamp,rmssd\n2026-03-01T20:30:00Z,50\n"
    assert list(read(text, time_zone="Pacific/Auckland").days) == ["2026-03-02"]
    assert list(read(text, time_zone="UTC").days) == ["2026-03-01"]
    other = "timestamp,rmssd\n2026-03-01T20:30:00+05:00,50\n"
    assert list(read(other, time_zone="Pacific/Auckland").days) == ["2026-03-01"]


@pytest.mark.parametrize(
    "name", ["effective_time_frame", "end_date_time", "timestamp", "calendarDate", "Datum", "日付"]
)
def test_a_day_has_many_names(read, name):
    assert list(read(f"{name},rmssd\n2026-03-01 08:12:00,50\n").days) == ["2026-03-01"]


def test_open_mhealth_objects(read):
    body = {
        "header": {"id": "x"},
        "body": {
            "effective_time_frame": {"time_interval": {
                "start_date_time": "2026-03-01T23:00:00+01:00", "end_date_time": "2026-03-02T06:30:00+01:00"}},
            "total_sleep_time": {"value": 432, "unit": "min"},
        },
    }  # fmt: skip
    found = read(json.dumps([body]))
    assert found.days == {"2026-03-02": {"sleep_hours": 7.2}}


# --- units


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("sleep", ["7.5", "6.25"]), ("sleep (min)", ["450", "375"]), ("sleep", ["450", "375"]),
        ("sleepSecs", ["27000", "22500"]), ("Total sleep", ["27000", "22500"]), ("sleep", ["7:30", "6:15"]),
        ("Schlafdauer", ["07:30:00", "06:15:00"]), ("sleep", ["7h 30m", "6h 15min"]), ("sleep", ["PT7H30M", "PT6H15M"]),
        ("Schlaf", ["7 Std. 30 Min.", "6 Std. 15 Min."]),
        ("sleep duration (ms)", ["27000000", "22500000"]), ("睡眠時間", ["7時間30分", "6時間15分"]),
        ("minutes_asleep", ["450", "375"]),
    ],
)  # fmt: skip
def test_sleep_is_hours_in_whatever_unit(read, heading, cells):
    found = read(f"date;{heading}\n2026-03-01;{cells[0]}\n2026-03-02;{cells[1]}\n")
    assert not found.asked
    assert column(found, "sleep_hours") == {"2026-03-01": 7.5, "2026-03-02": 6.25}


def test_a_unit_that_the_numbers_contradict_is_asked(read):
    text = "date,sleep (h)\n2026-03-01,450\n2026-03-02,400\n"
    assert asked(read(text)) == {"unit.sleep_hours": "min"}
    assert read(text, {"unit.sleep_hours": "min"}).days["2026-03-01"] == {"sleep_hours": 7.5}
    assert read(text, {"unit.sleep_hours": "fortnights"}).asked


def test_minutes_behind_the_point_are_asked(read):
    cells = ["7.45", "6.30", "8.05", "7.15", "6.50", "7.59", "7.20", "8.10"]
    text = "date,sleep\n" + "".join(f"2026-03-0{n},{cell}\n" for n, cell in enumerate(cells, 1))
    assert asked(read(text)) == {"unit.sleep_hours": "h.mm"}
    assert read(text, {"unit.sleep_hours": "h.mm"}).days["2026-03-01"]["sleep_hours"] == 7.75


def test_a_plain_hrv_is_asked_for_its_kind(read):
    text = "date,hrv\n2026-03-01,55\n2026-03-02,60\n"
    assert asked(read(text)) == {"kind.hrv": "hrv_rmssd"}
    assert read(text, {"kind.hrv": "hrv_sdnn"}).days["2026-03-01"] == {"hrv_sdnn": 55.0}
    assert not read(text + "", {"kind.hrv": LEAVE_OUT}).days


@pytest.mark.parametrize("heading", ["HRV score", "Readiness", "Recovery score %", "hrv_balance_score"])
def test_a_score_is_named_and_not_used(read, heading):
    found = read(f"date,{heading},rmssd\n2026-03-01,88,40\n")
    assert found.days == {"2026-03-01": {"hrv_rmssd": 40.0}}
    assert found.ignored[0].title == heading
    assert "score" in found.ignored[0].why


def test_kinds_of_hrv_stay_apart_and_sizes_are_not_believed(read):
    found = read("date,SDNN,HRV (RMSSD)\n2026-03-01,61,41\n")
    assert found.days == {"2026-03-01": {"hrv_sdnn": 61.0, "hrv_rmssd": 41.0}}
    assert read("date,rmssd\n2026-03-01,0.041\n").days["2026-03-01"]["hrv_rmssd"] == pytest.approx(41)
    assert asked(read("date,rmssd\n2026-03-01,3.71\n")) == {"unit.hrv_rmssd": "ln"}
    assert read("date,lnRmssd\n2026-03-01,3.71\n").days["2026-03-01"]["hrv_rmssd"] == pytest.approx(40.85, abs=0.01)


def test_load_in_other_points_is_asked(read):
    text = "date,training_load\n2026-03-01,84\n"
    assert list(asked(read(text))) == ["kind.load"]
    assert read("date,rpe,minutes,load\n2026-03-01,6,60,360\n").days["2026-03-01"]["workload"] == 360
    assert read("date,srpe,duration_min\n2026-03-01,6,60\n").days["2026-03-01"]["workload"] == 360


def test_borgs_scale_of_effort_is_asked(read):
    text = "date,rpe,minutes\n2026-03-01,13,60\n2026-03-02,20,30\n"
    assert asked(read(text)) == {"unit.rpe": "6-20"}
    assert read(text, {"unit.rpe": "6-20"}).days["2026-03-02"]["rpe"] == 10


# --- scales


PMSYS = (
    "effective_time_frame,fatigue,mood,readiness,sleep_duration_h,sleep_quality,soreness,soreness_area,stress\n"
    "2026-01-05 08:30:12.123,2,3,6,7,4,2,[],3\n2026-01-06 07:30:12.123,5,1,0,6,1,0,[],5\n"
)


def test_a_scale_to_five_and_its_direction_are_asked(read):
    found = read(PMSYS)
    assert asked(found) == {"scale": "1-5", "direction": ""}
    assert not any({"mood", "stress"} & set(answers) for answers in found.days.values())
    good = read(PMSYS, {"scale": "1-5", "direction": "good"})
    assert good.days["2026-01-06"] == {"sleep_hours": 6.0, "fatigue": 1, "mood": 1, "sleep_quality": 1, "stress": 1}
    named = read(PMSYS, {"scale": "1-5", "direction": "named"})
    assert named.days["2026-01-06"]["fatigue"] == 7
    assert {one.title: one.why for one in good.ignored} == {
        "readiness": "a score, not a measure", "soreness_area": "not known",
    }  # fmt: skip
    none = read(PMSYS, {"scale": LEAVE_OUT})
    assert none.days["2026-01-05"] == {"sleep_hours": 7.0}
    assert not none.asked


def test_one_column_may_have_a_scale_of_its_own(read):
    text = "date,mood,stress\n2026-01-05,5,80\n2026-01-06,1,20\n"
    found = read(text, {"scale.mood": "1-5", "direction": "named", "scale": "0-100"})
    assert column(found, "mood") == {"2026-01-05": 7, "2026-01-06": 1}
    assert column(found, "stress") == {"2026-01-05": 6, "2026-01-06": 2}


def test_turning_a_scale_round_turns_every_rating_round():
    from mlops.ml.survival.checkins.readers.amounts import SCALES, rating, scale_ends

    for scale in SCALES:
        low, high = map(int, scale_ends(scale))
        for value in range(low, high + 1):
            assert rating("mood", value, scale, "named") == 8 - rating("mood", value, scale, "bad")
            assert rating("mood", value, scale, "bad") == rating("mood", low + high - value, scale, "named")


def test_a_zero_that_means_missing_costs_nothing_and_counts_as_nothing(read):
    text = "date,sleep,rhr,rmssd,minutes,rpe\n2026-03-01,0,0,41,0,0\n2026-03-02,7,51,0,60,5\n"
    found = read(text)
    assert found.days == {
        "2026-03-01": {"hrv_rmssd": 41.0, "minutes": 0.0, "rpe": 0.0, "workload": 0.0},
        "2026-03-02": {"sleep_hours": 7.0, "resting_hr": 51.0, "minutes": 60.0, "rpe": 5.0, "workload": 300.0},
    }
    assert not found.errors


# --- several lines of a day


def test_a_load_with_a_session_of_unknown_effort_is_unknown(read):
    found = read("date,minutes,rpe\n2026-03-01,60,6\n2026-03-01,45,\n")
    assert found.days["2026-03-01"] == {"minutes": 105.0, "rpe": 6.0}
    assert "effort" in " ".join(found.notes)


def test_equal_sessions_are_two_but_a_doubled_file_is_one(read):
    two = "date,minutes,rpe\n2026-03-01,60,6\n2026-03-01,60,6\n2026-03-02,30,5\n"
    assert read(two).days["2026-03-01"]["workload"] == 720
    lines = "2026-03-01,60,6\n2026-03-02,30,5\n"
    assert read("date,minutes,rpe\n" + lines + lines).days["2026-03-01"]["workload"] == 360
    timed = "timestamp,minutes,rpe\n2026-03-01 07:00,60,6\n2026-03-01 07:00,60,6\n2026-03-01 18:00,60,6\n"
    assert read(timed).days["2026-03-01"]["workload"] == 720


def test_a_nap_adds_and_a_night_told_twice_does_not(read):
    assert read("date,sleep\n2026-03-01,6.5\n2026-03-01,1\n").days["2026-03-01"]["sleep_hours"] == 7.5
    twice = read("date,sleep\n2026-03-01,6.5\n2026-03-01,7\n2026-03-02,7\n")
    assert twice.days["2026-03-01"]["sleep_hours"] == 7
    assert "2 times" in " ".join(twice.notes)


def test_devices_are_neither_added_nor_averaged(read):
    text = (
        "date,source,sleep,sdnn\n2026-03-01,Watch,7,50\n2026-03-01,Phone,8,114\n2026-03-02,Watch,6,52\n"
        "2026-03-03,Watch,6.5,54\n"
    )
    found = read(text)
    assert column(found, "hrv_sdnn") == {"2026-03-01": 50.0, "2026-03-02": 52.0, "2026-03-03": 54.0}
    assert column(found, "sleep_hours")["2026-03-01"] == 7
    assert "Phone is not mixed in" in " ".join(found.notes)


def test_a_file_of_several_people_asks_who_one_is(read):
    text = "participant,date,rmssd\np1,2026-03-01,41\np2,2026-03-01,90\n"
    assert list(asked(read(text))) == ["person"]
    assert not read(text).days
    assert read(text, {"person": "p2"}).days == {"2026-03-01": {"hrv_rmssd": 90.0}}


# --- files as they come


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_any_encoding_preamble_units_row_and_control_characters(read, encoding):
    text = "Bericht für\n\ndate;sleep;rmssd\n;h;ms\n2026-03-01;7,5;41,5\n2026-03-02;\x0b6;40\n"
    found = read(text, encoding=encoding)
    assert found.days == {
        "2026-03-01": {"sleep_hours": 7.5, "hrv_rmssd": 41.5}, "2026-03-02": {"sleep_hours": 6.0, "hrv_rmssd": 40.0},
    }  # fmt: skip


def test_a_torn_last_line_costs_itself(read):
    found = read("date,sleep,rmssd\n2026-03-01,7.5,41\n2026-03-02,6\n")
    assert list(found.days) == ["2026-03-01"]
    assert [one.line for one in found.errors] == [3]


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"a": 1}', "[" * 100_000, "\x00\x01\x02\x03\x04\x05\x06\x07\x08" * 9, ";;;\n"]
)
def test_what_is_no_table_is_refused(read, text):
    with pytest.raises(UnreadableInput):
        read(text)


def test_a_large_table_costs_its_weight(read):
    import time

    rows = "".join(f"{2000 + n // 336}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02},41,7\n" for n in range(8000))
    begin = time.process_time()
    assert len(read("date,rmssd,sleep\n" + rows, today=date(2030, 1, 1)).days) == 8000
    assert time.process_time() - begin < 8
