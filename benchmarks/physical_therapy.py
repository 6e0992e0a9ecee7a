"""Eight real exercises, three real people: how well is a person recognised that no model has seen?

UCI 730 (Yurtman & Barshan 2014): wrist or ankle unit and chest unit side by side, 12 channels at 25 Hz; windows
of 5 s; a whole session carries its exercise, rest included, so some windows cannot be told apart. One subject is
left out at a time, and nothing is chosen by looking at that subject: the scaler, the biases, the strength and the
temperature come from the other two. Baselines of the same run: a random forest on window statistics and, with
--aeon, MiniRocket with a ridge classifier as its authors use it. Windows are set here by hand; what the product chooses
itself is measured by `benchmarks.unseen_people`.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sense_parts import rivals
from mlops.ml.contract import Windows
from mlops.ml.metrics import classification_report
from mlops.ml.splits import leave_one_out
from mlops.ml.windows import Scaler, WindowSpec, normalise, sliding_windows

SPEC = WindowSpec(rate_hz=25, length=125, stride=62, normalisation="dataset")
SUBJECTS = ("s1", "s2", "s3")
UNITS = ("u2", "u5")
LABELS = tuple(f"e{i}" for i in range(1, 9))


def load(folder: Path, spec: WindowSpec = SPEC) -> Windows:
    """Return all raw windows (n, 125, 12) with exercise labels and subjects."""
    x, y, groups = [], [], []
    for subject in SUBJECTS:
        for number, label in enumerate(LABELS):
            units = [_unit(folder / subject / label / unit / "test.txt") for unit in UNITS]
            n = min(len(unit) for unit in units)
            windows = sliding_windows(np.hstack([unit[:n] for unit in units]), spec.length, spec.stride)
            x.append(windows)
            y += [number] * len(windows)
            groups += [subject] * len(windows)
    return Windows(np.concatenate(x), np.asarray(y, np.int64), np.asarray(groups), LABELS)


def ours(name: str, seed: int = 0, **config: Any) -> rivals.Model:
    """Our own estimator through its public class, on windows normalised by the training subjects."""

    def run(train: Windows, test: Windows) -> rivals.Answer:
        scaler = Scaler.fit(train.x)
        ready = [
            Windows(normalise(part.x, SPEC, scaler), part.y, part.groups, part.labels) for part in (train, test)
        ]
        return rivals.estimator(name, seed, **config)(*ready)

    return run


def judge(model: rivals.Model, windows: Windows) -> dict[str, Any]:
    """Leave each subject out once; accuracy and macro F1 are means over the folds."""
    folds = {}
    for subject, split in leave_one_out(windows.groups):
        train, test = windows.take(split["train"]), windows.take(split["test"])
        proba, seconds = model(train, test)
        report = classification_report(test.y, proba, LABELS)  # type: ignore[arg-type]
        folds[subject] = {
            "accuracy": report["accuracy"], "f1_macro": report["f1_macro"], "ece": report["ece"],
            "train_seconds": seconds, "n_train": len(train), "n_test": len(test),
        }
    mean = {key: float(np.mean([fold[key] for fold in folds.values()])) for key in ("accuracy", "f1_macro", "ece")}
    return {**mean, "train_seconds": sum(fold["train_seconds"] for fold in folds.values()), "folds": folds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/imu_physical_therapy"))
    parser.add_argument("--aeon", type=Path, metavar="PYTHON", help="of an environment that has aeon")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--seed", type=int, default=0, help="of the random kernels")
    parser.add_argument("--bilstm", action="store_true", help="train the recurrent network as well (minutes)")
    parser.add_argument("--skip-baselines", action="store_true", help="run our estimator alone")
    options = parser.parse_args()
    if not options.data.is_dir():
        raise SystemExit(f"The data set is not at {options.data}; give its folder with --data.")
    windows = load(options.data)
    models: dict[str, rivals.Model] = {"random_kernels": ours("random_kernels", options.seed)}
    if not options.skip_baselines:
        models["random forest on statistics"] = rivals.random_forest
        if options.aeon:
            models["aeon MiniRocket + ridge"] = rivals.minirocket(options.aeon)
        else:
            print(rivals.NO_AEON)
    if options.bilstm:
        models["bilstm (10 epochs)"] = ours("bilstm", epochs=10)
    print(f"{len(windows)} windows of {SPEC.duration_s:g} s every {SPEC.stride / SPEC.rate_hz:.2f} s, 12 channels")
    results = {}
    for name, model in models.items():
        result = results[name] = judge(model, windows)
        folds = "  ".join(f"{s} {fold['accuracy']:.3f}" for s, fold in result["folds"].items())
        print(
            f"{name:30} accuracy {result['accuracy']:.3f}  macro F1 {result['f1_macro']:.3f}  "
            f"calibration error {result['ece']:.3f}  [{folds}]  trained in {result['train_seconds']:.1f} s",
            flush=True,
        )
    own = results["random_kernels"]["accuracy"]
    gains = {name: own - result["accuracy"] for name, result in results.items() if name != "random_kernels"}
    for name, gain in gains.items():
        print(f"random_kernels against {name}: {gain:+.3f}")
    if options.json:
        facts = {
            "machine": f"{platform.processor() or platform.machine()}, {platform.system()}",
            "window_spec": SPEC.to_json(), "seed": options.seed, "results": results, "gains": gains,
        }
        options.json.write_text(json.dumps(facts, indent=1) + "\n")


def _unit(path: Path) -> npt.NDArray[np.float32]:
    """Return (samples, 6): acc x, y, z in m/s² and gyr x, y, z in rad/s."""
    return np.loadtxt(path, delimiter=";", skiprows=1, usecols=range(1, 7), dtype=np.float32)


if __name__ == "__main__":
    main()
