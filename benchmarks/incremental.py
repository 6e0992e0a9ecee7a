"""Learning only what is new against learning everything again: macro F1 and time of both on the same held-out people.

    python -m benchmarks.incremental [--people 44] [--new 4] [--judges 12] [--estimators random_forest …] [--json FILE]

Generated athletes (a simulated FlexTail, six exercises, other movement). A model learns all but the last few of
them; then it goes on with these (new windows and as many old ones again), and a second one learns everything from
nothing. Neither has seen the judges. The settings are such that learning everything takes a minute of processor time
at least. Times are processor seconds of one thread in one process, so that other work on the machine changes their
ratio little. The aim: macro F1 within 0.02 of learning everything, in a fifth of its time.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import Continuation, Windows
from mlops.ml.intervals import groups_interval
from mlops.ml.metrics import classification_report
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.comparison.data import simulated_athlete
from mlops.ml.sensors.simulate import EXERCISES, OTHER
from mlops.ml.windows import Scaler, WindowSpec, normalise

SPEC = WindowSpec(rate_hz=25, length=75, stride=25, normalisation="dataset")
SETTINGS: dict[str, dict[str, Any]] = {
    "random_kernels": {},
    "random_forest": {"n_estimators": 1000},
    "lightgbm": {"n_rounds": 500},
    "rnn": {"epochs": 10},
    "tcn": {"epochs": 6},
    "patchtst": {"epochs": 3},
}
FIRST = 500
"""Number of the first athlete; the comparison of estimators uses lower ones."""
WITHIN, FIFTH, MINUTE_S = 0.02, 0.2, 60.0
N_DRAWS = 1000


def people(first: int, n: int) -> Windows:
    """Windows of some athletes, as measured."""
    labels = (*EXERCISES, OTHER)
    parts = [simulated_athlete(first + number, SPEC, labels) for number in range(n)]
    x, y, groups = (np.concatenate([getattr(part, name) for part in parts]) for name in ("x", "y", "groups"))
    return Windows(x, y, groups, parts[0].labels)


def timed(fit: Any) -> float:
    """Processor seconds of a call."""
    began = time.process_time()
    fit()
    return time.process_time() - began


def measured(name: str, train: Windows, fresh: Any, test: Windows) -> dict[str, Any]:
    """One estimator, three times: without the new people, going on with them, and everything from nothing."""
    found = estimator_class(name)
    before, after, full = (found(found.Config(**SETTINGS[name])) for _ in range(3))
    known = train.take(~fresh)
    seconds = {
        "before": timed(lambda: before.fit(known)),
        "incremental": timed(lambda: after.fit(train, after=Continuation(before, fresh))),
        "full": timed(lambda: full.fit(train)),
    }
    said = {which: one.predict_proba(test.x) for which, one in (("before", before), ("own", after), ("full", full))}

    def f1(which: str, places: Any = slice(None)) -> float:
        assert test.y is not None
        return float(classification_report(test.y[places], said[which][places], test.labels)["f1_macro"])

    low, high = groups_interval(lambda at: f1("own", at) - f1("full", at), test.groups, n=N_DRAWS)
    return {
        "estimator": name, "settings": SETTINGS[name], "seconds": seconds,
        "ratio": seconds["incremental"] / seconds["full"],
        "f1": {which: f1(which) for which in said}, "gap": f1("own") - f1("full"), "low": low, "high": high,
    }  # fmt: skip


def row(one: dict[str, Any]) -> str:
    """A line of the table."""
    f1, seconds = one["f1"], one["seconds"]
    reached = abs(min(0.0, one["gap"])) <= WITHIN and one["ratio"] <= FIFTH
    note = "yes" if reached else "no"
    if seconds["full"] < MINUTE_S:
        note += f" (learning everything took {seconds['full']:.0f} s only)"
    return (
        f"| {one['estimator']} | {f1['before']:.3f} | {f1['own']:.3f} | {f1['full']:.3f} "
        f"| {one['gap']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f}) "
        f"| {seconds['incremental']:.1f} s | {seconds['full']:.0f} s | {one['ratio']:.2f} | {note} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=44)
    parser.add_argument("--new", type=int, default=4, help="of them; the last ones")
    parser.add_argument("--judges", type=int, default=12)
    parser.add_argument("--estimators", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    train, test = people(FIRST, given.people), people(FIRST + 1000, given.judges)
    names = list(dict.fromkeys(train.groups.tolist()))
    fresh = np.isin(train.groups, names[-given.new :])
    scaler = Scaler.fit(train.x[~fresh])  # of those who were known first: a version that goes on keeps it
    train, test = (Windows(normalise(w.x, SPEC, scaler), w.y, w.groups, w.labels) for w in (train, test))
    print(f"{len(train)} windows of {given.people} generated athletes, {int(fresh.sum())} of {given.new} new ones;")
    print(f"judged on {len(test)} windows of {given.judges} others. {platform.machine()}, one thread.\n")
    print(
        "| estimator | F1 before | continued | in full | difference, 95 % interval | continued | in full | ratio "
        "| aim |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    found = []
    for name in given.estimators:
        found.append(measured(name, train, fresh, test))
        print(row(found[-1]), flush=True)
        if given.json:
            given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
