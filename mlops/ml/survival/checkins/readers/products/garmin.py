"""Garmin Connect: the tables of sleep, of HRV status and of activities, as the site exports them in the language of
the account, and sleepData.json of the whole account. The table of sleep calls its column of days "Sleep Score 4 Weeks";
its HRV is a mean of seven days and no measure of the night. Overnight HRV is RMSSD. The account's file has no total:
deep, light and REM sleep are added.
"""

from __future__ import annotations

from mlops.ml.survival.checkins.readers.names import compact
from mlops.ml.survival.checkins.readers.products.base import SCORE, Known, Product


def _keys(*words: str) -> frozenset[str]:
    return frozenset(compact(word) for word in words)


_MEAN_OF_WEEK = Known("", why="a mean of seven days, not of the night")
_NEED = _keys(
    "Sleep Need", "Schlafbedarf", "Necesidad de sueño", "Besoin de sommeil", "Fabbisogno di sonno",
    "Necessidade de sono", "Slaapbehoefte", "Sömnbehov", "Søvnbehov", "Zapotrzebowanie na sen",
    "睡眠需求", "必要な睡眠時間",
)  # fmt: skip
_DURATION = _keys("Duration", "Dauer", "Duración", "Durée", "Durata", "Duração", "Duur", "Varaktighet", "Varighet",
                  "Czas trwania", "時間", "持续时间", "時間長度")  # fmt: skip
_ACTIVITY = _keys(
    "Activity Type", "Aktivitätstyp", "Tipo de actividad", "Type d'activité", "Tipo di attività", "Tipo de atividade",
    "Type activiteit", "Activiteittype", "Aktivitetstyp", "Aktivitetstype", "Typ aktywności",
)  # fmt: skip
_TIME = _keys("Time", "Zeit", "Tiempo", "Temps", "Durée", "Tempo", "Tijd", "Tid", "Czas")

GARMIN_SLEEP = Product(
    "Garmin Connect",
    frozenset(),
    {
        "sleepscore4weeks": Known("day"), "restingheartrate": Known("resting_hr", "bpm"), "score": SCORE,
        "hrvstatus": _MEAN_OF_WEEK, "7dayaveragehrv": _MEAN_OF_WEEK, "quality": SCORE, "bodybattery": SCORE,
        **{key: Known("sleep_hours", "text") for key in _DURATION},
        **{key: Known("", why="how much sleep was needed") for key in _NEED},
    },
    any_of=_NEED | {"sleepscore4weeks"},
)  # fmt: skip
GARMIN_HRV = Product(
    "Garmin Connect",
    _keys("Overnight HRV"),
    {"date": Known("day"), "overnighthrv": Known("hrv_rmssd", "ms"), "7davg": _MEAN_OF_WEEK,
     "baseline": Known("", why="a range")},
    any_of=_keys("Baseline", "7d Avg"),
)  # fmt: skip
GARMIN_ACTIVITIES = Product(
    "Garmin Connect activities",
    frozenset(),
    {"date": Known("moment"), "datum": Known("moment"), "fecha": Known("moment"), "data": Known("moment"),
     **{key: Known("minutes", "h:mm") for key in _TIME}},
    any_of=_ACTIVITY,
)  # fmt: skip
GARMIN_ACCOUNT = Product(
    "Garmin account",
    frozenset({"calendardate", "deepsleepseconds"}),
    {
        "calendardate": Known("day"), "sleeptimeseconds": Known("sleep_hours", "s"),
        "restingheartrate": Known("resting_hr", "bpm"), "avgovernighthrv": Known("hrv_rmssd", "ms"),
        "lastnightavg": Known("hrv_rmssd", "ms"),
    },
    sums={"sleep_hours": (("deepsleepseconds", "lightsleepseconds", "remsleepseconds"), "s")},
)  # fmt: skip
