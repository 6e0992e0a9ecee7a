"""intervals.icu: wellness (a line a day; hrv is RMSSD, hrvSDNN stands apart, sleep in seconds, ratings from 1 best to
4 worst) and activities (a line a session; RPE 0 to 10, moving time in seconds). Its training load is made of power or
heart rate and is no session RPE × minutes.
"""

from __future__ import annotations

from mlops.ml.survival.checkins.readers.products.base import SCORE, Known, Product

_OTHER_LOAD = Known("", why="a load in other points than session RPE × minutes")
_RATING = {"unit": "1-4", "direction": "bad"}

INTERVALS_WELLNESS = Product(
    "intervals.icu",
    frozenset({"restinghr", "hrv"}),
    {
        "date": Known("day"), "id": Known("day"), "restinghr": Known("resting_hr", "bpm"),
        "hrv": Known("hrv_rmssd", "ms"), "hrvsdnn": Known("hrv_sdnn", "ms"), "sleepsecs": Known("sleep_hours", "s"),
        "sleepquality": Known("sleep_quality", **_RATING), "soreness": Known("soreness", **_RATING),
        "fatigue": Known("fatigue", **_RATING), "stress": Known("stress", **_RATING),
        "mood": Known("mood", **_RATING), "comments": Known("note"),
        "injury": Known("", why="a scale from none to injured, not yes or no"), "atlload": _OTHER_LOAD,
        "ctlload": _OTHER_LOAD, "sleepscore": SCORE, "readiness": SCORE,
    },
    any_of=frozenset({"sleepsecs", "hrvsdnn", "ctl", "atl", "ramprate", "avgsleepinghr"}),
)  # fmt: skip
INTERVALS_ACTIVITIES = Product(
    "intervals.icu activities",
    frozenset({"startdatelocal", "movingtime"}),
    {
        "startdatelocal": Known("moment"), "date": Known("", why="the start is used"),
        "movingtime": Known("minutes", "s"), "icurpe": Known("rpe"), "sessionrpe": Known("workload"),
        "icutrainingload": _OTHER_LOAD, "trainingload": _OTHER_LOAD, "load": _OTHER_LOAD,
    },
)  # fmt: skip
