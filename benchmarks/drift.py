"""How often the drift watch cries wolf, and whether it finds what it should.

python -m benchmarks.drift [--seeds report] [--json FILE] [--sets 100] [--workers 2]

Simulated athletes, all different people: reference groups of 50, and 100 sets of 20 athletes drawn independently
from the same population (a false alarm each time one is flagged; at most 5 are allowed). Then sets whose population
has shifted: in rate (time runs 1.35 times as fast as it was), in placement (the unit sits tilted by 0.5 rad),
in the exercise mix (a pulling programme: every set is deadlifts or
rows). One window every 3 s of a session of 6 to 10 minutes each. Both halves of a drift report
are made: raw statistics, and what the shipped champion answers.

Seeds come in two lots that share nobody. On `tuning` the settings of `mlops.ml.drift` were chosen, so its figures are
too good; figures that are told come from `report`. A lot that was looked at to change a setting becomes a tuning lot:
add another one for the report.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.drift import ALPHA, compare
from mlops.ml.scoring import OnnxScorer
from mlops.ml.sensors.layouts import IMU6
from mlops.ml.sensors.simulate import EXERCISES, Bout, demo_plan, random_subject, simulate_session
from mlops.ml.window_statistics import statistic_names, window_statistics
from mlops.ml.windows import resample, sliding_windows

N_REFERENCE, N_SERVED, N_REFERENCES, N_SHIFTED = 50, 20, 4, 10
N_ANSWERED = 20
RATE_HZ, LENGTH = 50.0, 150
SHIFTS = ("rate", "placement", "mix")
KINDS = ("mixed", "strength", "bodyweight")


@dataclasses.dataclass(frozen=True)
class Seeds:
    """First seeds of the people of each group; a person takes one seed, a kind of shift takes `SHIFT_STEP`."""

    reference: int
    normal: int
    shifted: int


SHIFT_STEP = 10_000
SEEDS = {"tuning": Seeds(20_000, 30_000, 100_000), "report": Seeds(720_000, 730_000, 800_000)}

People = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


@functools.cache
def scorer() -> OnnxScorer:
    """The champion that ships for this sensor."""
    return OnnxScorer.open(Path(__file__).resolve().parent.parent / "mlops/champions/exercise-imu6/random_kernels")


def person(task: tuple[int, str]) -> People:
    """Of one session of the simulated athlete of that seed: raw statistics (windows, features), and of 20 windows
    spread over it what the champion answers (confidence, label number)."""
    seed, shift = task
    subject = random_subject(seed)
    kind = KINDS[seed % len(KINDS)]
    if shift == "placement":
        turned = (subject.strap[0], subject.strap[1] + 0.5, subject.strap[2])
        subject = dataclasses.replace(subject, strap=turned)
    plan = demo_plan(kind, seed)  # type: ignore[arg-type]
    if shift == "mix":
        plan = tuple(_pulling(bout, number) for number, bout in enumerate(plan))
    made = simulate_session("imu6", plan, subject, seed)
    t_s = made.t_s / 1.35 if shift == "rate" else made.t_s
    pieces = [sliding_windows(s.samples, LENGTH, LENGTH) for s in resample(t_s, made.samples, RATE_HZ)]
    windows = np.concatenate(pieces)
    some = windows[np.linspace(0, len(windows) - 1, N_ANSWERED).round().astype(int)]
    proba = scorer().score_raw(some)
    answers = np.column_stack([proba.max(axis=1), proba.argmax(axis=1)]).astype(np.float32)
    return window_statistics(windows, RATE_HZ), answers


def _pulling(bout: Bout, number: int) -> Bout:
    return dataclasses.replace(bout, exercise=("deadlift", "row")[number % 2]) if bout.exercise in EXERCISES else bout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", choices=tuple(SEEDS), default="report", help="which people: see above")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    started = time.perf_counter()
    n_labels = len(scorer().labels)
    names = statistic_names(IMU6.channel_names)
    lot = SEEDS[given.seeds]
    plan = [(seed, "") for seed in range(lot.reference, lot.reference + N_REFERENCES * N_REFERENCE)]
    plan += [(seed, "") for seed in range(lot.normal, lot.normal + given.sets * N_SERVED)]
    for number, shift in enumerate(SHIFTS):
        first = lot.shifted + SHIFT_STEP * number
        plan += [(seed, shift) for seed in range(first, first + N_SHIFTED * N_SERVED)]
    with ProcessPoolExecutor(given.workers) as pool:
        people = list(pool.map(person, plan, chunksize=20))
    references = [people[i * N_REFERENCE : (i + 1) * N_REFERENCE] for i in range(N_REFERENCES)]
    rest = people[N_REFERENCES * N_REFERENCE :]
    sets = [rest[i : i + N_SERVED] for i in range(0, len(rest), N_SERVED)]
    normal, shifted = sets[: given.sets], sets[given.sets :]

    def alarms(group: list[list[People]]) -> list[list[str]]:
        found = []
        for number, served in enumerate(group):
            known = references[number % N_REFERENCES]
            raw = compare([one[0] for one in known], [one[0] for one in served], names, seed=number)
            answers = compare(
                [one[1] for one in known], [one[1] for one in served], ["confidence", "label"],
                categories={"label": n_labels}, seed=number,
            )  # fmt: skip
            found.append([shift.name for shift in (*raw.shifts, *answers.shifts) if shift.shifted])
        return found

    false = [names for names in alarms(normal) if names]
    power = {}
    for number, shift in enumerate(SHIFTS):
        hits = alarms(shifted[number * N_SHIFTED : (number + 1) * N_SHIFTED])
        power[shift] = {
            "found": sum(bool(hit) for hit in hits),
            "of": len(hits),
            "features": sorted({name for hit in hits for name in hit}),
        }
    figures = {
        "seeds": {"lot": given.seeds, **dataclasses.asdict(lot)},
        "normal_sets": len(normal),
        "false_alarms": len(false),
        "allowed": 5,
        "athletes_per_set": N_SERVED,
        "least_windows_per_set": min(sum(len(one[0]) for one in group) for group in sets),
        "answers_per_athlete": N_ANSWERED,
        "reference_athletes": N_REFERENCE,
        "references": N_REFERENCES,
        "alpha": ALPHA,
        "shifts": power,
        "data": "simulated sessions with a chest unit (imu6)",
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(sum(os.times()[:4]), 1),
        "machine": platform.processor() or platform.machine(),
    }
    print(json.dumps(figures, indent=1))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
