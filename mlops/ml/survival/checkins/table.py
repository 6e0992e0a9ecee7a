"""Generated days as tables: one row a day, one row a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.survival.checkins.days import NAMES
from mlops.ml.survival.checkins.simulate import Simulated

LONG_FILE = "burnout_longitudinal_dataset.csv"
SHORT_FILE = "burnout_aggregated_dataset.csv"


def write_tables(generated: Simulated, directory: Path) -> tuple[Path, Path]:
    """Write both CSV files; the directory is made. Unknown answers are empty cells."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = directory / LONG_FILE, directory / SHORT_FILE
    for path, table in zip(paths, (by_day(generated), by_person(generated)), strict=True):
        table.to_csv(path, index=False)
    return paths


def by_day(generated: Simulated) -> Any:
    """people × days rows: user_id, archetype, day, the questions, recovery, burnout_event."""
    import pandas as pd

    days = generated.days
    n_people, n_days = days.events.shape
    columns: dict[str, Any] = {
        "user_id": np.repeat(days.people, n_days),
        "archetype": np.repeat(generated.archetype, n_days),
        "day": np.tile(np.arange(1, n_days + 1), n_people),
    }
    columns |= {name: days.values[name].ravel() for name in NAMES}
    columns |= {"recovery": generated.recovery.ravel(), "burnout_event": days.events.ravel().astype(int)}
    return pd.DataFrame(columns)


def by_person(generated: Simulated) -> Any:
    """One row a person: means and spreads of the year, days with a check-in, events, and the day of the first."""
    import pandas as pd

    days = generated.days
    columns: dict[str, Any] = {"user_id": days.people, "archetype": generated.archetype}
    for name in NAMES:
        columns[f"{name}_mean"] = np.nanmean(days.values[name], axis=1).round(3)
        columns[f"{name}_sd"] = np.nanstd(days.values[name], axis=1, ddof=1).round(3)
    columns["recovery_mean"] = generated.recovery.mean(axis=1).round(2)
    columns["n_checkins"] = np.isfinite(days.values["stress"]).sum(axis=1)
    columns["n_events"] = days.events.sum(axis=1)
    first = np.where(days.events.any(axis=1), days.events.argmax(axis=1) + 1.0, np.nan)
    columns["burnout"] = days.events.any(axis=1).astype(int)
    columns["days_to_burnout"] = first
    return pd.DataFrame(columns)
