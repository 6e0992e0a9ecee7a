"""The Cox pipeline on real survival data, beside lifelines' own concordance on the same rows.

    python -m benchmarks.survival_sets [--json FILE]

rossi (re-arrest of 432 people) and lung (228 patients) come with lifelines; employee_attrition (14,999 people, known
to be simulated) is read from ../shared/data where it is there. Concordance on the training rows, as lifelines
prints it, and by five-fold cross-validation over people.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.datasets import load_lung, load_rossi

from mlops.ml.survival import judge
from mlops.ml.survival.cox import CoxConfig, CoxPH
from mlops.ml.survival.rows import SurvivalRows

ATTRITION = Path(__file__).resolve().parents[2] / "shared/data/survival_attrition/employee_attrition.csv"
CONFIG = CoxConfig(penalty=0.0, l1_ratio=0.0, horizon=1.0)


def tables() -> dict[str, tuple[pd.DataFrame, str, str]]:
    """name → (numbers only, the column of times, the column of events)."""
    lung = load_lung()
    if lung["status"].max() > 1:
        lung["status"] = lung["status"] - 1
    found = {"rossi": (load_rossi(), "week", "arrest"), "lung": (lung, "time", "status")}
    if ATTRITION.is_file():
        people = pd.get_dummies(pd.read_csv(ATTRITION), drop_first=True, dtype=float)
        found["employee_attrition (simulated)"] = (people, "time_spend_company", "left")
    return found


def compare(table: pd.DataFrame, time: str, event: str) -> dict[str, float]:
    """Concordance of both on the same rows: complete ones for lifelines, which cannot take unknown values."""
    whole = table.dropna().astype(float)
    features = tuple(name for name in whole.columns if name not in (time, event))
    rows = SurvivalRows(
        whole[list(features)].to_numpy(), whole[time].to_numpy(), whole[event].to_numpy() > 0,
        np.arange(len(whole)).astype(str), features,
    )
    theirs = CoxPHFitter().fit(whole, time, event)
    ours = CoxPH(CONFIG)
    ours.fit(rows)
    found = {"rows": len(whole), "lifelines": float(theirs.concordance_index_)}
    # ranked by the linear part: far beyond the last event all risks are 1 within the precision of a number
    found["ours"] = judge.c_index(ours.drivers(rows.x).sum(axis=1), rows)
    found["gap"] = abs(found["ours"] - found["lifelines"])
    folds = np.random.default_rng(0).integers(0, 5, len(whole))
    held_out = []
    for fold in range(5):
        model = CoxPH(CONFIG)
        model.fit(rows.take(folds != fold))
        unseen = rows.take(folds == fold)
        held_out.append(judge.c_index(model.drivers(unseen.x).sum(axis=1), unseen))
    found["ours_held_out"] = float(np.mean(held_out))
    return {name: round(value, 4) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = {name: compare(*facts) for name, facts in tables().items()}
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
