"""WHOOP: physiological_cycles.csv and sleeps.csv (a line a cycle or sleep, no date: the day of waking counts; the zone
stands in a column of its own and the times are local), workouts.csv. HRV is RMSSD of the night, durations are minutes.
The running cycle has no recovery yet. Naps have lines of their own and add to the hours of sleep.
"""

from __future__ import annotations

from mlops.ml.survival.checkins.readers.products.base import SCORE, Known, Product

_NIGHT = {
    "wakeonset": Known("end"), "cyclestarttime": Known("start"), "asleepduration": Known("sleep_hours", "min"),
    "restingheartrate": Known("resting_hr", "bpm"), "heartratevariability": Known("hrv_rmssd", "ms"),
    "recoveryscore": SCORE, "sleepperformance": SCORE, "daystrain": SCORE,
}  # fmt: skip

WHOOP_WORKOUTS = Product(
    "WHOOP workouts",
    frozenset({"workoutstarttime", "cyclestarttime"}),
    {
        "workoutstarttime": Known("moment"), "cyclestarttime": Known("", why="the workout has a time of its own"),
        "duration": Known("minutes", "min"), "activitystrain": SCORE,
    },
)  # fmt: skip
WHOOP = Product("WHOOP", frozenset({"cyclestarttime", "wakeonset"}), _NIGHT)
