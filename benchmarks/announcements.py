"""How often is an exercise announced where there is none, and how well are real ones announced and counted?

    python -m benchmarks.announcements [--sessions 60] [--json FILE] [--data FOLDER]

An announcement is a class that the page begins to show: the same answer, not abstained, for at least three answers in a
row and 1.2 s (holds longer), see mlops/ml/sensors/announcing.py. It is false when that exercise was not done in the
4.5 s before it. Measured on simulated athletes that the shipped champions never saw, and on real rest: three people,
eight exercises, each person judged by a model of the other two, once with rest among what it learned and once without.
How rest is found in the real sessions stands in sense_parts/therapy.py; it carries no label of its own there.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any

from benchmarks.sense_parts import therapy
from benchmarks.sense_parts.judging import Tally, errors_report
from benchmarks.sense_parts.replay import Model, play
from mlops.ml.abstention import Guard
from mlops.ml.scoring import OnnxScorer
from mlops.ml.sensors.simulate import demo_plan, random_subject, simulate_session

CHAMPIONS = Path("mlops/champions")
FIRST_SUBJECT = 80_000
"""Seeds of people that no champion was trained on (those begin at 10,000) and no setting chosen on (70,000)."""
TARGET_PER_HOUR = 6.0


def champion(task: str) -> Model:
    """A shipped model as the site serves it."""
    scorer = OnnxScorer.open(CHAMPIONS / task / "random_kernels")
    stored = scorer.manifest.get("guard")
    return Model(
        scorer.labels, scorer.spec, scorer.score_raw, float(scorer.manifest.get("abstain_below") or 0.0),
        Guard.from_json(stored) if stored else None,
    )


def simulated(layout: str, task: str, n: int) -> dict[str, Any]:
    """`n` sessions of as many simulated athletes, sets, everyday movements and rest."""
    model, tally = champion(task), Tally()
    for number in range(n):
        seed = FIRST_SUBJECT + number
        timing = "uneven" if layout == "flextail" and number % 2 else "even"
        made = simulate_session(layout, demo_plan("mixed", seed=seed), random_subject(seed), seed=7, timing=timing)  # type: ignore[arg-type]
        channels = [(channel.name, channel.unit) for channel in made.layout.channels]
        tally.add(play(made.t_s, made.samples, channels, model, stride=25), made.spans, made.rep_times)
    return {"sessions": n, **tally.report()}


def real(folder: Path, *, with_rest: bool) -> dict[str, Any]:
    """24 sessions of three people, each judged by a model of the other two."""
    known, tally, totals = list(therapy.sessions(folder)), Tally(), {}
    for subject in therapy.SUBJECTS:
        model = therapy.model_without(subject, known, with_rest=with_rest)
        for one in known:
            if one.subject == subject:
                played = play(one.t_s, one.samples, therapy.CHANNELS, model, stride=12)
                tally.add(played, one.spans, [])
                named = [len(s.times()) for s in played.sets if s.exercise == one.exercise]
                totals.setdefault(one.exercise, []).append(sum(named) - therapy.REPETITIONS)
    report = tally.report()
    del report["repetitions"], report["repetitions_all"]
    return {**report, "repetitions_a_session": _per_session(totals)}


def real_unnamed(folder: Path) -> dict[str, Any]:
    """Repetitions counted by movement alone, without any model: 30 in each session."""
    totals: dict[str, list[int]] = {}
    for one in therapy.sessions(folder):
        played = play(one.t_s, one.samples, therapy.CHANNELS, None, stride=12)
        totals.setdefault(one.exercise, []).append(sum(len(s.times()) for s in played.sets) - therapy.REPETITIONS)
    return _per_session(totals)


def _per_session(totals: dict[str, list[int]]) -> dict[str, Any]:
    return {
        "by_exercise": {name: errors_report(errors) | {"errors": errors} for name, errors in totals.items()},
        "all": errors_report([error for errors in totals.values() for error in errors]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=60, help="simulated sessions of each layout")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/imu_physical_therapy"))
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    results: dict[str, Any] = {"machine": f"{platform.machine()}, {platform.system()}", "target": TARGET_PER_HOUR}
    for layout, task in (("flextail", "exercise"), ("imu6", "exercise-imu6")):
        results[f"simulated {layout}"] = simulated(layout, task, options.sessions)
    if options.data.is_dir():
        results["real, rest learned"] = real(options.data, with_rest=True)
        results["real, rest never seen"] = real(options.data, with_rest=False)
        results["real, counted without a model"] = real_unnamed(options.data)
    else:
        print(f"The real sessions are not at {options.data}; give their folder with --data.")
    for name, found in results.items():
        print(f"\n{name}")
        print(json.dumps(found, indent=1) if isinstance(found, dict) else f"  {found}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
