"""Exports of products by name: each gives the same night, and nothing is asked."""

from __future__ import annotations

import json

import pytest


def asked(found):
    return [one.about for one in found.asked]


OURA = (
    "id;average_hrv;bedtime_end;bedtime_start;day;lowest_heart_rate;total_sleep_duration;type\n"
    "a;65;2026-03-02T06:30:00+00:00;2026-03-01T23:15:00+00:00;2026-03-02;48;25200;long_sleep\n"
    "b;30;2026-03-02T14:40:00+00:00;2026-03-02T14:00:00+00:00;2026-03-02;55;1800;late_nap\n"
    "c;0;2026-03-02T18:00:00+00:00;2026-03-02T17:30:00+00:00;2026-03-02;0;900;deleted\n"
)
OURA_TRENDS = (
    "date,Sleep Score,Average HRV,Lowest Resting Heart Rate,Average Resting Heart Rate,Total Sleep Duration\n"
    "2026-03-02,80,65,48,52.1,27000\n"
)
GARMIN = (
    "Sleep Score 4 Weeks,Score,Resting Heart Rate,Body Battery,Pulse Ox,Respiration,HRV Status,Quality,Duration,"
    'Sleep Need,Bedtime,Wake Time\n"Mar 2, 2026",76,48,"+35",97,15,48,Good,7h 30min,9h 0min,11:01 PM,6:41 AM\n'
)
GARMIN_ES = (
    "Informe\nFecha;Puntuación del sueño;Frecuencia cardíaca en reposo;Duración;Necesidad de sueño;Hora de acostarse\n"
    "2026-03-02;80;48;7 h 30 min;8 h;23:10\n"
)
GARMIN_ACCOUNT = json.dumps([
    {"calendarDate": "2026-03-02", "deepSleepSeconds": 5400, "lightSleepSeconds": 16200, "remSleepSeconds": 5400,
     "awakeSleepSeconds": 900, "sleepStartTimestampGMT": "2026-03-01T22:00:00.0", "retro": False}
])  # fmt: skip
INTERVALS = (
    "date,restingHR,hrv,hrvSDNN,sleepSecs,sleepQuality,soreness,fatigue,stress,mood,ctl,comments\n"
    "2026-03-02,48,65,70,27000,1,1,4,2,1,40.5,fine\n"
)
AUTO_EXPORT = (
    "Date/Time,Heart Rate Variability (ms),Resting Heart Rate (count/min),Sleep Analysis [Asleep] (hr),"
    "Sleep Analysis [Total] (hr),Step Count (count)\n2026-03-02 00:00:00,65,48,,7.5,9000\n"
)
NIGHT = {"sleep_hours": 7.5, "hrv_rmssd": 65.0, "resting_hr": 48.0}


@pytest.mark.parametrize(
    ("text", "product", "day"),
    [
        (OURA, "Oura", NIGHT), (OURA_TRENDS, "Oura", NIGHT),
        (GARMIN, "Garmin Connect", {"sleep_hours": 7.5, "resting_hr": 48.0}),
        (GARMIN_ES, "Garmin Connect", {"sleep_hours": 7.5, "resting_hr": 48.0}),
        (GARMIN_ACCOUNT, "Garmin account", {"sleep_hours": 7.5}),
        (INTERVALS, "intervals.icu", {**NIGHT, "hrv_sdnn": 70.0, "sleep_quality": 7, "soreness": 1, "fatigue": 7,
                                      "stress": 3, "mood": 7, "note": "fine"}),
        (AUTO_EXPORT, "Apple Health as a table", {"sleep_hours": 7.5, "hrv_sdnn": 65.0, "resting_hr": 48.0}),
    ],
)  # fmt: skip
def test_a_product_is_known_by_its_headings(read, text, product, day):
    found = read(text)
    assert (found.product, asked(found)) == (product, [])
    assert found.days == {"2026-03-02": day}


def test_naps_of_whoop_add_and_workouts_have_minutes(read):
    sleeps = (
        "Cycle start time,Cycle end time,Cycle timezone,Sleep onset,Wake onset,Asleep duration (min),Nap\n"
        "2026-03-01 22:41:10,,UTC+01:00,2026-03-01 22:41:10,2026-03-02 06:31:00,420,false\n"
        "2026-03-01 22:41:10,,UTC+01:00,2026-03-02 14:00:00,2026-03-02 14:30:00,30,true\n"
    )
    assert read(sleeps).days == {"2026-03-02": {"sleep_hours": 7.5}}
    workouts = (
        "Cycle start time,Workout start time,Workout end time,Duration (min),Activity Strain\n"
        "2026-03-01 22:41:10,2026-03-02 17:00:00,2026-03-02 18:00:00,60,11\n"
    )
    assert read(workouts).days == {"2026-03-02": {"minutes": 60.0}}


def test_sessions_of_garmin_and_of_intervals(read):
    garmin = (
        'Activity Type,Date,Title,Distance,Calories,Time,Avg HR\n'
        'Running,2026-03-02 06:04:00,Run,6.91,"4,614",00:57:00,145\n'
        "Cardio,2026-03-02 18:30:00,Gym,0.00,188,00:30:00,108\n"
    )
    assert read(garmin).days == {"2026-03-02": {"minutes": 87.0}}
    icu = "start_date_local,type,moving_time,icu_rpe,icu_training_load\n2026-03-02T07:00:00,Ride,3600,6,84\n"
    assert read(icu).days == {"2026-03-02": {"minutes": 60.0, "rpe": 6.0, "workload": 360.0}}
