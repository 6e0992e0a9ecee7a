"""Elite HRV: one reading a line. The column HRV is a score of 0 to 100 (from lnRmssd), the measure stands in Rmssd.
Of several readings on a day the morning readiness counts; open readings may be taken at any hour.
"""

from __future__ import annotations

from mlops.ml.survival.checkins.readers.products.base import SCORE, Known, Product

ELITE_HRV = Product(
    "Elite HRV",
    frozenset({"hrv", "lnrmssd", "rmssd"}),
    {
        "hrv": SCORE, "score": SCORE, "morningreadiness": SCORE, "balance": SCORE, "hrvcv": SCORE,
        "lnrmssd": Known("", why="the same as Rmssd, as a logarithm"),
        "rmssd": Known("hrv_rmssd", "ms"), "sdnn": Known("hrv_sdnn", "ms"), "hr": Known("resting_hr", "bpm"),
        "date": Known("day"), "datetimestart": Known("moment"), "datetime": Known("moment"),
    },
    first_of={"type": frozenset({"readiness", "morningreadiness"})},
)  # fmt: skip
