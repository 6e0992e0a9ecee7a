"""Oura: the table of trends ("Average HRV", one line a day) and the account's own files (average_hrv; one line a sleep,
semicolons). HRV is RMSSD during sleep, durations are seconds, the resting heart rate is the lowest of the night. Of
the sleeps of a day all count for the hours and the long one for the heart; deleted ones and rests are no sleep.
"""

from __future__ import annotations

from mlops.ml.survival.checkins.readers.products.base import SCORE, Known, Product

_NOT_SLEEP = frozenset({"deleted", "rest"})
_SCORES = ("sleepscore", "readinessscore", "hrvbalancescore", "restingheartratescore", "score", "activityscore")

OURA = Product(
    "Oura",
    frozenset({"averagehrv"}),
    {
        "date": Known("day"), "day": Known("day"), "bedtimeend": Known("end"), "averagehrv": Known("hrv_rmssd", "ms"),
        "lowestrestingheartrate": Known("resting_hr", "bpm"), "lowestheartrate": Known("resting_hr", "bpm"),
        "averagerestingheartrate": Known("", why="the mean of the night; the lowest is the resting heart rate"),
        "totalsleepduration": Known("sleep_hours", "s"),
        **{name: SCORE for name in _SCORES},
    },
    any_of=frozenset({
        "lowestrestingheartrate", "lowestheartrate", "totalsleepduration", "sleepscore", "averagerestingheartrate",
    }),
    skipped={"type": _NOT_SLEEP},
    first_of={"type": frozenset({"longsleep"})},
)  # fmt: skip

OURA_V1 = Product(
    "Oura",
    frozenset({"summarydate", "rmssd", "hrlowest"}),
    {
        "summarydate": Known("", why="the day before waking"), "bedtimeend": Known("end"),
        "rmssd": Known("hrv_rmssd", "ms"), "hrlowest": Known("resting_hr", "bpm"), "total": Known("sleep_hours", "s"),
        "duration": Known("", why="the time in bed"), "score": SCORE,
    },
    first_of={"islongest": frozenset({"1", "true"})},
)  # fmt: skip
