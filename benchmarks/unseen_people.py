"""Real people whom no model has seen: what the product gives by default, and what others give on the same windows.

    python -m benchmarks.unseen_people [--sets therapy shoulder …] [--data ../shared/data] [--aeon PYTHON]
        [--keep FOLDER] [--json FILE]

Labelled CSV files, as a person would hand them in, go through `manage.py prepare_dataset`: rate, window, step and the
everyday movement that is added are its own choice. Each person is judged once by models that learned from all others;
the windows are the same for every model, scaled by what the others look like (MiniRocket is asked as measured, too).
Nothing is chosen by these figures.

therapy   UCI 730 (Yurtman & Barshan 2014, CC BY 4.0): eight exercises, three people, wrist or ankle unit and chest
          unit; with and without their magnetometers. Rest between the blocks carries the exercise's label.
shoulder  PyPI seglearn 1.2.5 (BSD-3): seven shoulder exercises, ten people, a watch, 50 Hz; the part
          `watch-exercises` (manage.py fetch_parts watch-exercises).

aeon, whose MiniRocket is asked, needs an environment of its own: `python -m venv DIR; DIR/bin/pip install aeon`, then
`--aeon DIR/bin/python`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sense_parts import rivals, therapy
from mlops.ml.contract import Windows
from mlops.ml.intervals import groups_interval
from mlops.ml.metrics import classification_report
from mlops.ml.parts.data import watch
from mlops.ml.parts.store import store
from mlops.ml.sensors.dataset import EVERYDAY, fold_scaler, load_fold, load_windows, read_dataset
from mlops.ml.sensors.everyday import with_everyday

HEAD = (
    "| model | accuracy (worst to best person) | macro F1 | answered “none of them” "
    "| first row minus this, 95 % interval | accuracy first / this | errors first / this |",
    "|---|---|---|---|---|---|---|",
)
N_DRAWS = 2000
AXES = [f"{sensor}_{axis}" for sensor in ("acc", "gyr", "mag") for axis in "xyz"]
Recording = tuple[str, str, str, float, npt.NDArray[Any]]
"""(person, name of the file, label, samples a second, samples (n, channels))."""
Pair = tuple[Windows, Windows]
"""(windows of all others, of the person)."""


@dataclass(frozen=True)
class RealSet:
    """What a person would hand in, and what belongs together where windows are drawn anew for an interval."""

    title: str
    layout: str
    columns: list[str]
    recordings: Callable[[], Iterator[Recording]]
    block: str


def therapy_recordings(folder: Path, n_axes: int) -> Iterator[Recording]:
    """All 24 sessions, both units side by side, of the first `n_axes` axes of each."""
    for who in therapy.SUBJECTS:
        for label in therapy.EXERCISES:
            units = [
                np.loadtxt(
                    folder / who / label / unit / "test.txt", delimiter=";", skiprows=1, usecols=range(1, n_axes + 1)
                )
                for unit in ("u2", "u5")
            ]
            n = min(len(unit) for unit in units)
            yield who, label, label, therapy.RATE_HZ, np.hstack([unit[:n] for unit in units])


def shoulder_recordings() -> Iterator[Recording]:
    """All 140 recordings."""
    for one in watch.watch_recordings():
        yield f"p{one.subject:02d}", f"{one.number:03d}", one.code, watch.RATE_HZ, one.samples


def real_sets(data: Path) -> dict[str, RealSet]:
    """The sets that can be read."""
    sets = {}
    folder = data / "imu_physical_therapy"
    if folder.is_dir():
        for name, n_axes, words in (("therapy", 9, "with magnetometers"), ("therapy-imu6", 6, "without magnetometers")):
            sets[name] = RealSet(
                f"eight therapy exercises, UCI 730, two units {words}", f"imu{n_axes}:u2+u5",
                [f"{unit}.{axis}" for unit in ("u2", "u5") for axis in AXES[:n_axes]],
                lambda n_axes=n_axes: therapy_recordings(folder, n_axes), "session",  # type: ignore[misc]
            )
    if store().find(watch.PART):
        sets["shoulder"] = RealSet(
            "seven shoulder exercises, seglearn 1.2.5, a watch", "imu6", AXES[:6],
            shoulder_recordings, "person",
        )
    return sets


def dataset(one: RealSet, scratch: Path) -> tuple[Path, str]:
    """The dataset folder that the product makes of these files by default, and what the command said of it.

    The one thing that is asked for is that each person judges in turn, which is the default below eight people.
    """
    from django.core.management import call_command

    files, output, said = scratch / "files", scratch / "dataset", StringIO()
    for who, name, label, rate_hz, samples in one.recordings():
        (files / who).mkdir(parents=True, exist_ok=True)
        with (files / who / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["time_s", *one.columns, "label"])
            rows.writerows([f"{i / rate_hz:.4f}", *(f"{x:.6g}" for x in row), label] for i, row in enumerate(samples))
    call_command("prepare_dataset", str(files), output=output, layout=one.layout, split="each", stdout=said)
    return output, said.getvalue()


def folds(directory: Path) -> Iterator[tuple[str, dict[str, Pair]]]:
    """Each person once, with the windows scaled, the same with everyday movement to learn, and as measured."""
    everybody = sorted(read_dataset(directory)["subjects"])
    for who in everybody:
        others, unseen = load_fold(directory, who)
        yield who, {
            "scaled": (others, unseen),
            "everyday": (with_everyday(others, directory, fold_scaler(directory, who)), unseen),
            "measured": (
                load_windows(directory, subjects=[name for name in everybody if name != who], raw=True),
                load_windows(directory, subjects=[who], raw=True),
            ),
        }


def judge(
    one: RealSet, directory: Path, models: dict[str, tuple[rivals.Model, str]], *, keep: Path | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:  # fmt: skip
    """Figures of every model, each told which of the `folds` it learns from; says each row when it is known.

    keep  a folder for answers, so that a run that was stopped goes on; they are of this dataset and of today's models
    """
    people = list(folds(directory))
    unseen = [pairs["scaled"][1] for _, pairs in people]
    labels = unseen[0].labels
    y = np.concatenate([np.asarray(part.y) for part in unseen])
    groups = np.concatenate([np.full(len(part), who) for (who, _), part in zip(people, unseen, strict=True)])
    blocks = groups if one.block == "person" else np.asarray([f"{a}/{b}" for a, b in zip(groups, y, strict=True)])
    manifest = read_dataset(directory)
    added = manifest.get(EVERYDAY, {}).get("label")
    nothing = labels.index(added) if added in labels else -1
    figures: dict[str, Any] = {}
    own: npt.NDArray[np.bool_] | None = None
    for line in HEAD:
        say(line)
    for name, (model, which) in models.items():
        parts, seconds = [], 0.0
        for who, pairs in people:
            kept = keep / f"{manifest['content_hash'][:12]} {who} {name}.npz" if keep else None
            if kept is not None and kept.is_file():
                with np.load(kept, allow_pickle=False) as found:
                    answers, took = found["answers"], float(found["seconds"])
            else:
                answers, took = model(*pairs[which])
            if kept is not None:
                np.savez(kept, answers=answers, seconds=took)
            parts.append(answers)
            seconds += took
        output = np.concatenate(parts)
        right = output.argmax(axis=1) == y
        report = classification_report(y, output, labels)
        figures[name] = {
            "accuracy": report["accuracy"], "f1_macro": report["f1_macro"], "ece": report["ece"],
            "answered_none": float((output.argmax(axis=1) == nothing).mean()),
            "by_person": {who: float(right[groups == who].mean()) for who, _ in people}, "train_seconds": seconds,
        }
        if own is None:
            own = right
        else:
            figures[name]["first"] = against(own, right, blocks)
        say(row(name, figures[name]))
    return {"n_windows": len(y), "n_people": len(people), "block": one.block, "models": figures}


def against(own: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_], blocks: npt.NDArray[Any]) -> dict[str, float]:
    """Accuracy of ours minus the other's on the same windows, its interval over blocks, and both ratios."""
    gain: npt.NDArray[np.float64] = own.astype(float) - other
    low, high = groups_interval(lambda drawn: float(gain[drawn].mean()), blocks, n=N_DRAWS)
    return {
        "gain": float(gain.mean()), "low": low, "high": high, "accuracy_ratio": float(own.mean() / other.mean()),
        "error_ratio": float((~own).mean() / max((~other).mean(), 1e-9)),
    }


def row(name: str, one: dict[str, Any]) -> str:
    """A model as a row of the table."""
    spread = one["by_person"].values()
    cells = [name, f"{one['accuracy']:.3f} ({min(spread):.3f} to {max(spread):.3f})", f"{one['f1_macro']:.3f}"]
    cells.append(f"{one['answered_none']:.1%}" if one["answered_none"] else "–")
    if first := one.get("first"):
        cells += [f"{first['gain']:+.3f} ({first['low']:+.3f} to {first['high']:+.3f})"]
        cells += [f"{first['accuracy_ratio']:.3f}", f"{first['error_ratio']:.2f}"]
    return "| " + " | ".join(cells + ["–"] * (7 - len(cells))) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="*", default=[], help="therapy, therapy-imu6, shoulder; all that can be read")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--aeon", type=Path, metavar="PYTHON", help="of an environment that has aeon")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep answers, so that a stopped run goes on")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    models = {
        "random_kernels, by default": (rivals.estimator("random_kernels"), "everyday"),
        "random forest, eight statistics a channel (ours)": (rivals.estimator("random_forest"), "scaled"),
        "random forest, four statistics (scikit-learn, 200 trees)": (rivals.random_forest, "scaled"),
    }
    if options.aeon:
        models["MiniRocket and ridge (aeon), windows as measured"] = (rivals.minirocket(options.aeon), "measured")
        models["MiniRocket and ridge (aeon), windows scaled alike"] = (rivals.minirocket(options.aeon), "scaled")
    else:
        print(rivals.NO_AEON)
    models["random_kernels, no everyday movement taught"] = (rivals.estimator("random_kernels"), "scaled")
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="unseen-people-") as scratch:
        os.environ |= {"FITBALANCE_VAR": str(Path(scratch, "var")), "FITBALANCE_ENV": "development"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "fitbalance.settings"
        import django

        django.setup()
        for name, one in real_sets(options.data).items():
            if options.sets and name not in options.sets:
                continue
            place = Path(scratch, name)
            place.mkdir()
            directory, said = dataset(one, place)
            spec = read_dataset(directory)["window_spec"]
            print(f"\n{name}: {one.title}. Each person is judged by models of all others;")
            print(f"intervals draw every {one.block} as a whole.\n\n{said}", flush=True)
            found = judge(one, directory, models, keep=options.keep, say=partial(print, flush=True))
            results[name] = {**found, "window_spec": spec, "said": said}
    if options.json:
        facts = {"machine": f"{platform.processor() or platform.machine()}, {platform.system()}", "results": results}
        options.json.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
