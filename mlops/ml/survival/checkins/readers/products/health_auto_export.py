"""Health Auto Export and other apps that write Apple Health's measures as columns with their units: HRV is SDNN."""

from __future__ import annotations

from mlops.ml.survival.checkins.readers.products.base import Known, Product

HEALTH_AUTO_EXPORT = Product(
    "Apple Health as a table",
    frozenset(),
    {
        "datetime": Known("moment"), "date": Known("day"), "heartratevariability": Known("hrv_sdnn", "ms"),
        "heartratevariabilitysdnn": Known("hrv_sdnn", "ms"), "restingheartrate": Known("resting_hr", "bpm"),
        "sleepanalysistotal": Known("sleep_hours", "h"), "sleepanalysisasleep": Known("sleep_hours", "h"),
        "sleepanalysisinbed": Known("", why="the time in bed"),
    },
    any_of=frozenset({
        "sleepanalysisasleep", "sleepanalysistotal", "appleexercisetime", "applestandhour", "basalenergyburned",
    }),
)  # fmt: skip
