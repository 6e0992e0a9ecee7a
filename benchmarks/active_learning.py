"""How many labels the strategies of the review queue save, on generated athletes and on real people.

    python -m benchmarks.active_learning [--data ../shared/data] [--seeds 10] [--sets generated …] [--write]

generated  windows of generated athletes (a simulated FlexTail), rare labels: of 2,000 windows to choose from, 45 % are
           other movement, 30 % squat, 15 % push-up, 6 % plank, 2 % deadlift, 1 % row and 1 % burpee. Others judge.
landmarks  real: rows of body landmarks, squat up or down; whole clips judge. Neighbouring rows are nearly alike.
therapy    real: UCI 730, eight exercises of three people, windows of 5 s; each person judges in turn, over the seeds.

Nothing is chosen by the real sets: they are only reported. `--write` keeps the result where the site's page reads it.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.labelling import Pool, curves, summary
from mlops.ml.sensors.comparison.data import physical_therapy, simulated_athlete
from mlops.ml.sensors.simulate import EXERCISES, OTHER
from mlops.ml.window_statistics import window_statistics
from mlops.ml.windows import WindowSpec

RESULT = Path(__file__).resolve().parent.parent / "mlops" / "labelling.json"
SPEC = WindowSpec(rate_hz=25, length=75, stride=25, normalisation="dataset")
SHARES = {OTHER: 0.45, "squat": 0.30, "pushup": 0.15, "plank": 0.06, "deadlift": 0.02, "row": 0.01, "burpee": 0.01}
N_POOL, N_PEOPLE, N_JUDGES, N_JUDGED, FIRST = 2000, 24, 8, 1500, 2000
JUMP = 0.08
"""Mean way of a landmark from one row to the next, in picture widths, that begins another clip."""


def generated() -> tuple[Callable[[int], Pool], str]:
    """Rare labels among made-up athletes."""
    labels = (*EXERCISES, OTHER)
    people = [simulated_athlete(FIRST + number, SPEC, labels) for number in range(N_PEOPLE + N_JUDGES)]
    points = [window_statistics(one.x, SPEC.rate_hz) for one in people]
    x, y = np.concatenate(points[:N_PEOPLE]), np.concatenate([np.asarray(one.y) for one in people[:N_PEOPLE]])
    test_x, test_y = np.concatenate(points[N_PEOPLE:]), np.concatenate([np.asarray(one.y) for one in people[N_PEOPLE:]])

    some = np.random.default_rng(0).permutation(len(test_y))[:N_JUDGED]
    test_x, test_y = test_x[some], test_y[some]

    def draw(seed: int) -> Pool:
        rng = np.random.default_rng(seed)
        wanted = [
            rng.choice(np.flatnonzero(y == labels.index(label)), round(N_POOL * share), replace=False)
            for label, share in SHARES.items()
        ]
        chosen = rng.permutation(np.concatenate(wanted))
        return Pool(x[chosen], y[chosen], test_x, test_y, labels)

    return draw, f"{N_POOL} windows of {N_PEOPLE} generated athletes to choose from, {N_JUDGES} others judge"


def landmarks(folder: Path) -> tuple[Callable[[int], Pool], str]:
    """Squat up or down, clips kept together."""
    with (folder / "train.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    labels = tuple(sorted({row[0] for row in rows}))
    x = np.array([row[1:] for row in rows], np.float64)
    y = np.array([labels.index(row[0]) for row in rows])
    places = [column for column in range(x.shape[1]) if column % 4 in (0, 1)]
    clip = np.cumsum(np.r_[0, np.abs(np.diff(x[:, places], axis=0)).mean(axis=1) > JUMP])
    names = np.unique(clip)

    def draw(seed: int) -> Pool:
        mixed = np.random.default_rng(seed).permutation(names)
        judge = np.isin(clip, mixed[: max(1, len(names) // 3)])
        return Pool(x[~judge], y[~judge], x[judge], y[judge], labels)

    return draw, f"{len(rows)} real rows in {len(names)} clips, a third of the clips judge"


def therapy(folder: Path) -> tuple[Callable[[int], Pool], str]:
    """Eight exercises; a person judges."""
    found = physical_therapy(folder)
    pools = [
        Pool(
            window_statistics(fold.train.x, found.spec.rate_hz), np.asarray(fold.train.y),
            window_statistics(fold.test.x, found.spec.rate_hz), np.asarray(fold.test.y), fold.train.labels,
        )
        for fold in found.folds
    ]  # fmt: skip
    return lambda seed: pools[seed % len(pools)], "windows of two real people to choose from, the third judges"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", nargs="+", default=["generated", "landmarks", "therapy"])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    made: dict[str, Callable[[], tuple[Callable[[int], Pool], str]]] = {
        "generated": generated,
        "landmarks": lambda: landmarks(given.data / "landmarks_squat"),
        "therapy": lambda: therapy(given.data / "imu_physical_therapy"),
    }
    sizes = {"generated": (20, 20, 14), "landmarks": (10, 10, 14), "therapy": (20, 20, 14)}
    result: list[dict[str, Any]] = []
    for name in given.sets:
        try:
            draw, about = made[name]()
        except OSError as error:
            print(f"{name}: left out, {error}")
            continue
        first, each, rounds = sizes[name]
        found = summary(curves(draw, seeds=range(given.seeds), first=first, each=each, rounds=rounds))
        goal, most = found[0]["goal"], found[0]["n_labels"][-1]
        print(f"\n{name}: {about}; {given.seeds} seeds. Random choice reaches macro F1 {goal:.3f} with {most} labels.")
        print("\n| strategy | labels for the same | share of random's | seeds there |")
        print("|---|---|---|---|")
        for row in found:
            needed, share = row["needed"], row["share"]
            print(
                f"| {row['strategy']} | {needed[0]:.0f} ({needed[1]:.0f} to {needed[2]:.0f}) "
                f"| {share[0]:.2f} ({share[1]:.2f} to {share[2]:.2f}) | {row['reached']} |",
                flush=True,
            )
        result.append({"set": name, "about": about, "generated": name == "generated", "strategies": found})
        if given.write:  # after each: a set takes minutes
            RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
