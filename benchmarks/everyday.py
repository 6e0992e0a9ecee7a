"""Is everyday life taken for an exercise, and are the exercises still named? With and without the library of it.

    python -m benchmarks.everyday [--cases therapy seglearn …] [--folds 3] [--json FILE]
        [--data ../shared/data] [--wharf FOLDER]

Each case is taught as the commands do it (shards, library, guard, threshold) on some people and judged on others, who
are left out in turn. The models learn exercises alone: nobody labelled any rest. What is announced is counted as a page
shows it, over streams in which none of the exercises is done:

judged     generated everyday movement of kinds, people and devices that are in no part of the library
rest       what lies between the exercises in the sessions of the people left out
other      real exercises of another dataset that the model never saw, with another device
everyday   real everyday movement: WHARF (watches on both wrists, accelerometer: curtains, wardrobe, fridge, tap,
           sweeping)

seglearn's recordings are the part `watch-exercises` (manage.py fetch_parts watch-exercises); WHARF (Bruno,
Mastrogiovanni & Sgorbissa, github tricostume/WHARF, `UNSYNCED_DATA`) is read where it is given. Nothing of either is in
this project.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sense_parts import everyday_sets as sets
from benchmarks.sense_parts.judging import Tally
from benchmarks.sense_parts.replay import Model, play
from mlops.ml.abstention import Guard, abstain_threshold
from mlops.ml.contract import Windows
from mlops.ml.registry import estimator_class
from mlops.ml.sensors.dataset import (
    EVERYDAY,
    dataset_guard,
    fold_scaler,
    load_fold,
    load_windows,
    read_dataset,
    write_manifest,
    write_subject_shard,
)
from mlops.ml.sensors.everyday import everyday_write, labels_with_other, with_everyday
from mlops.ml.sensors.everyday.fitting import abstention_asked
from mlops.ml.windows import Scaler, WindowSpec, normalise

EVERY_S = 0.5


def dataset(folder: Path, case: sets.Case, people: Sequence[str], *, library: bool) -> None:
    """A dataset of some people of a case, each of whom judges in turn, as the site builds it."""
    known = {label for one in case.recordings for _, _, label in one.spans} - sets.NOTHING
    labels: tuple[str, ...] = tuple(sorted(known))
    facts = [
        write_subject_shard(folder, name, [one for one in case.recordings if one.subject == name], case.spec, labels)
        for name in people
    ]
    added = {}
    if library:
        labels = labels_with_other(labels)
        added[EVERYDAY] = everyday_write(
            folder, subjects=people, labels=labels, channels=case.channels, spec=case.spec, seed=0
        )
    write_manifest(
        folder, spec=case.spec, labels=labels, layout={}, parts=dict.fromkeys(people, "train"), facts=facts, **added
    )


def model_of(folder: Path, people: Sequence[str], config: dict[str, Any]) -> Model:
    """Random kernels of everybody in a dataset, with threshold and guard from each of (at most two) people judged by
    a model of the others, as the split "each" does it."""
    manifest = read_dataset(folder)
    spec, labels = WindowSpec.from_json(manifest["window_spec"]), tuple(manifest["labels"])

    def fitted(windows: Windows) -> Any:
        found = estimator_class("random_kernels")
        estimator = found(found.Config(**config), labels=labels)
        estimator.fit(windows, seed=0)
        return estimator.predict_proba

    outputs, held_out = [], []
    for name in people[:: max(1, -(-len(people) // 2))]:
        known, unseen = load_fold(folder, name)
        answer = fitted(with_everyday(known, folder, fold_scaler(folder, name)))
        outputs.append(answer(unseen.x))
        held_out.append(unseen)
    own = Windows(
        np.concatenate([one.x for one in held_out]),
        np.concatenate([one.y for one in held_out]),
        np.concatenate([one.groups for one in held_out]),
        labels,
    )
    answer = fitted(with_everyday(load_windows(folder), folder))
    scaler = None if manifest["scaler"] is None else Scaler.from_json(manifest["scaler"])
    if EVERYDAY in manifest:
        judged = np.concatenate(outputs)
        told = abstention_asked(folder, own, lambda x: np.concatenate([judged, answer(x[len(judged) :])]))
        threshold, guard = told["abstain_below"], Guard.from_json(told["guard"])
    else:
        threshold, guard = abstain_threshold(np.concatenate(outputs), own.y, labels), dataset_guard(folder)
    return Model(labels, spec, lambda raw: answer(normalise(raw, spec, scaler)), threshold, guard)


def judge(case: sets.Case, *, library: bool, folds: int, most: int | None, config: dict[str, Any]) -> dict[str, Any]:
    """Figures of one case over its folds, the first `most` of them."""
    everybody = sorted({one.subject for one in case.recordings})
    tally, false, hours, thresholds = Tally(), {}, {}, []
    n_folds = min(max(2, folds), len(everybody))
    for fold in range(n_folds)[:most]:
        left_out = everybody[fold::n_folds]
        people = [name for name in everybody if name not in left_out]
        with tempfile.TemporaryDirectory() as scratch:
            dataset(Path(scratch), case, people, library=library)
            model = model_of(Path(scratch), people, config)
            thresholds.append(model.abstain_below)
            stride = max(1, round(EVERY_S * case.spec.rate_hz))
            for one in case.recordings:
                if one.subject in left_out:
                    tally.add(play(one.t_s, one.samples, case.channels, model, stride=stride), one.spans, [])
            for name, streams in case.streams(Path(scratch), people, fold).items():
                for t_s, samples in streams:
                    found = play(t_s, samples, case.channels, model, stride=stride).announced
                    false[name] = false.get(name, 0) + len(found)
                    hours[name] = hours.get(name, 0.0) + float(t_s[-1] - t_s[0]) / 3600
    report = tally.report()
    for name in (name for name, own in tally.hours.items() if own > 0):
        false[name], hours[name] = tally.false[name], tally.hours[name]
    return {
        "thresholds": thresholds,
        "exercises_announced": report["detection_rate"],
        "n_sets": report["n_sets"],
        "wrong_names": report["wrong_name_during_an_exercise"],
        "false_per_hour": {name: round(false[name] / hours[name], 1) for name in false},
        "hours": {name: round(hours[name], 2) for name in hours},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="*", default=[], help="some of the cases; else all that can be read")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--most", type=int, help="only so many of the folds")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--wharf", type=Path, help="folder UNSYNCED_DATA of WHARF")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=NUMBER", help="of the random kernels")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    config = {name: int(value) for name, _, value in (text.partition("=") for text in options.option)}
    results: dict[str, Any] = {}
    for case in sets.cases(options.data, options.wharf):
        if options.cases and case.name not in options.cases:
            continue
        for library in (False, True):
            found = judge(case, library=library, folds=options.folds, most=options.most, config=config)
            name = f"{case.name}, {'with' if library else 'without'} the library"
            results[name] = found
            print(name, json.dumps(found), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
