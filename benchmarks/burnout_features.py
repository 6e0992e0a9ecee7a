"""Features of many people's days: ours against a pandas loop over people, in the same run.

    python -m benchmarks.burnout_features [--json FILE] [--people 1000] [--loop-people 20]

The loop gives the same numbers; it is run on a few people and its time is multiplied, which is said in the result.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlops.ml.survival.checkins.days import Days
from mlops.ml.survival.checkins.features import FEATURE_NAMES, features_of
from mlops.ml.survival.checkins.simulate import simulate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--loop-people", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    started = time.perf_counter()
    made = simulate(options.people, options.days, seed=0)
    generated_s = time.perf_counter() - started
    started = time.perf_counter()
    ours = features_of(made.days)
    ours_s = time.perf_counter() - started
    started = time.perf_counter()
    looped = np.stack([person_features(made.days, person) for person in range(options.loop_people)])
    loop_s = (time.perf_counter() - started) * options.people / options.loop_people
    compared = [FEATURE_NAMES.index(name) for name in COMPARED]
    gap = float(np.nanmax(np.abs(ours[: options.loop_people][:, :, compared] - looped)))
    result = {
        "people": options.people, "days": options.days, "generate_s": round(generated_s, 2),
        "features_s": round(ours_s, 2), "loop_s": round(loop_s, 1), "loop_measured_on": options.loop_people,
        "times": round(loop_s / ours_s), "largest_gap": gap, "machine": platform.processor() or platform.machine(),
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))


COMPARED = ("sleep_mean", "sleep_sd", "sleep_trend", "stress_mean", "stress_mean_long", "load_monotony", "hrv_cv")
"""What the loop works out as well; fewer than all 19, so the ratio is on the careful side."""


def person_features(days: Days, person: int) -> np.ndarray:
    """(days, len(COMPARED)) by pandas' rolling windows, as one would write it."""
    frame = pd.DataFrame({name: grid[person] for name, grid in days.values.items()})

    def rolling(name: str, length: int) -> Any:
        return frame[name].rolling(length, min_periods=7)

    def slope(values: pd.Series) -> float:
        known = values.dropna()
        return 7 * float(np.polyfit(known.index, known, 1)[0])

    hrv = np.log(frame["hrv_rmssd"]).rolling(28, min_periods=7)
    return np.column_stack([
        rolling("sleep_hours", 28).mean(),
        rolling("sleep_hours", 28).std(),
        rolling("sleep_hours", 28).apply(slope, raw=False),
        rolling("stress", 28).mean(),
        rolling("stress", 60).mean(),
        (rolling("workload", 28).mean() / rolling("workload", 28).std()).clip(upper=10),
        100 * hrv.std() / hrv.mean(),
    ])


if __name__ == "__main__":
    main()
