"""HRV4Training ("MyMeasurements"): one morning measurement a line, HR, AVNN, SDNN and rMSSD in 1/min and ms, the tags
of the day behind. Some phones write the day before the month (2025-27-07). Zeros stand for a day without measurement;
training tags are about the day before, so that they are not taken for the day of the line.
"""

from __future__ import annotations

from mlops.ml.survival.checkins.readers.products.base import SCORE, Known, Product

_YESTERDAY = Known("", why="about the training of the day before")

HRV4TRAINING = Product(
    "HRV4Training",
    frozenset({"hr", "rmssd", "avnn"}),
    {
        "date": Known("day"), "timestampmeasurement": Known("moment"), "hr": Known("resting_hr", "bpm"),
        "rmssd": Known("hrv_rmssd", "ms"), "sdnn": Known("hrv_sdnn", "ms"), "hrv4trecoverypoints": SCORE,
        "trainingrpe": _YESTERDAY, "trainingtss": _YESTERDAY, "trainingperformance": _YESTERDAY,
        "traininghrv": _YESTERDAY, "training": _YESTERDAY,
    },
    day_first=True,
)  # fmt: skip
