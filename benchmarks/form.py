"""How well form is read from landmarks of real people, and what the refinement of clips gains.

    nice -n 10 python -m benchmarks.form

1. `landmarks_squat`: squat up or down by one threshold on one measure. Rows are cut into blocks of neighbours; the
   threshold is fitted on the other blocks' rows, never on neighbours.
2. `deep_squat_quality`: rank correlation (Spearman) of a form score with the given quality, people held out, beside a
   plain baseline: closeness to the mean correct repetition.
3. Refinement: mean absolute error of angles on generated sets with jitter, against frame by frame.
4. Strong faults (severity 0.9) of generated people, from the side and at an angle: how many sets are recognised, how
   many have every repetition counted, and how far the score lies above the generator's, beside that of sets without a
   fault. Not every fault can be seen from one camera.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

DATA = Path(os.environ.get("FITBALANCE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
N_BLOCKS, GROUP = 20, 9


def squat_phase(path: Path) -> dict[str, float]:
    """Accuracy over held-out blocks of a threshold on hip height: (ankle − hip) / (ankle − shoulder), in y alone."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    y = {
        joint: np.array([(float(r[f"left_{joint}_y"]) + float(r[f"right_{joint}_y"])) / 2 for r in rows])
        for joint in ("shoulder", "hip", "knee", "ankle")
    }
    is_down = np.array([row["label"] == "down" for row in rows])
    value = (y["knee"] - y["hip"]) / (y["ankle"] - y["shoulder"])
    block = np.arange(len(rows)) * N_BLOCKS // len(rows)
    right = np.zeros(len(rows), bool)
    for one in range(N_BLOCKS):
        learn = np.abs(block - one) > 1
        limit = _threshold(value[learn], is_down[learn])
        held = block == one
        right[held] = (value[held] < limit) == is_down[held]
    return {"rows": len(rows), "accuracy": float(right.mean()), "share_down": float(is_down.mean())}


def _threshold(value: np.ndarray, is_down: np.ndarray) -> float:
    order = np.argsort(value)
    value, is_down = value[order], is_down[order]
    wrong = np.cumsum(~is_down) + is_down.sum() - np.cumsum(is_down)
    at = int(np.argmin(wrong))
    return float((value[at] + value[min(at + 1, len(value) - 1)]) / 2)


def quality(folder: Path) -> dict[str, float]:
    """Ridge on few numbers of each repetition; groups of nine neighbouring rows (a person) are held out together."""
    x, y = [], []
    for kind in ("Correct", "Incorrect"):
        x.append(np.loadtxt(folder / f"Autoencoder_Output_{kind}.csv", delimiter=",").reshape(90, 240, 4))
        y.append(np.loadtxt(folder / f"Labels_{kind}.csv"))
    group = np.tile(np.arange(90) // GROUP, 2)
    is_correct = np.repeat([True, False], 90)
    clips, given = np.concatenate(x), np.concatenate(y)
    score, plain = np.zeros(180), np.zeros(180)
    for one in np.unique(group):
        held = group == one
        model = clips[~held & is_correct].mean(0)
        plain[held] = -np.sqrt(((clips[held] - model) ** 2).mean((1, 2)))
        spread = clips[~held & is_correct].std(0) + 0.05
        features = _features(clips, model, spread)
        score[held] = _ridge(features[~held], given[~held], features[held])
    incorrect = ~is_correct
    return {
        "score": float(spearmanr(score, given)[0]), "baseline": float(spearmanr(plain, given)[0]),
        "score_incorrect_only": float(spearmanr(score[incorrect], given[incorrect])[0]),
        "baseline_incorrect_only": float(spearmanr(plain[incorrect], given[incorrect])[0]),
    }  # fmt: skip


def _features(clips: np.ndarray, model: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Distance to the mean correct repetition as a whole and by channel, range, smoothness, depth and tempo."""
    off = (clips - model) / spread
    centred = (clips - clips.mean(1, keepdims=True)) - (model - model.mean(0))
    jerk = np.diff(clips, 3, axis=1)
    return np.concatenate(
        [
            np.log(np.abs(off).mean((1, 2)))[:, None], np.log(np.abs(off).mean(1)), np.log(centred.std(1)),
            np.ptp(clips, axis=1), np.log(np.abs(jerk).mean(1)), clips.mean(1),
            np.argmax(np.abs(clips - clips[:, :1]), axis=1) / 240,
        ],
        axis=1,
    )  # fmt: skip


def _ridge(x: np.ndarray, y: np.ndarray, new: np.ndarray, strength: float = 20.0) -> np.ndarray:
    middle, spread = x.mean(0), x.std(0) + 1e-9
    z = (x - middle) / spread
    weights = np.linalg.solve(z.T @ z + strength * np.eye(z.shape[1]), z.T @ (y - y.mean()))
    return y.mean() + (new - middle) / spread @ weights


def refinement() -> dict[str, float]:
    """Mean absolute error of knee or elbow, degrees, over generated sets: white jitter of 5 to 15 mm."""
    from mlops.ml.biomechanics.form.analyse import measures_of
    from mlops.ml.biomechanics.form.refine import refine
    from tests.ml.biomechanics.people import ASPECT, filmed_set

    before, after = [], []
    for seed, (exercise, joint) in enumerate([("squat", "knee"), ("deadlift", "hip"), ("biceps_curl", "elbow")] * 3):
        camera = {"yaw": [0, 15, 30][seed // 3], "rate_hz": [30, 60, 20][seed // 3]}
        exact, times, _ = filmed_set(exercise, count=3, **camera)
        shown, _, _ = filmed_set(exercise, count=3, jitter=[0.005, 0.01, 0.015][seed // 3], seed=seed, **camera)
        angle = [
            np.array([row[f"{joint}_left"] for row in measures_of(one, times, ASPECT, is_smooth=True)])
            for one in (exact, shown, refine(shown, times, ASPECT))
        ]
        before.append(np.abs(angle[1] - angle[0]).mean())
        after.append(np.abs(angle[2] - angle[0]).mean())
    raw, refined = float(np.mean(before)), float(np.mean(after))
    return {"frame_by_frame_deg": raw, "refined_deg": refined, "lower_by": 1 - refined / raw}


def strong_faults(seeds: range = range(61, 65)) -> dict[str, float]:
    """Shares of sets of four repetitions, and mean errors of the score in points."""
    from mlops.ml.biomechanics.form import analyse
    from mlops.ml.biomechanics.generator import EXERCISES, FAULTS, generate_set

    recognised, counted, clean, kind = [], [], [], []
    for exercise in EXERCISES:
        for fault in ("", *FAULTS[exercise]):
            for seed in seeds:
                view = ("right", "left", "front_right", "front_left")[seed % 4]
                made = generate_set(exercise, 4, {fault: 0.9} if fault else {}, view, seed)
                points = np.concatenate([made.landmarks, made.visibility[..., None]], axis=2).astype(float)
                aspect = made.camera.width / made.camera.height
                given = analyse(points, made.times, aspect, exercise=exercise)
                recognised.append(analyse(points, made.times, aspect).exercise["key"] == exercise)
                counted.append(given.n_repetitions == 4)
                if given.score is not None:
                    (kind if fault else clean).append(given.score - made.truth[0].form_score)
    return {
        "sets": len(counted), "recognised": float(np.mean(recognised)), "counted": float(np.mean(counted)),
        "score_above_truth": float(np.mean(kind)), "score_above_truth_without_fault": float(np.mean(clean)),
    }  # fmt: skip


def main() -> None:
    for name, figures in (
        ("landmarks_squat", lambda: squat_phase(DATA / "landmarks_squat" / "train.csv")),
        ("deep_squat_quality", lambda: quality(DATA / "deep_squat_quality")),
        ("refinement, generated", refinement),
        ("strong faults, generated", strong_faults),
    ):
        try:
            print(name, {key: round(value, 3) for key, value in figures().items()})
        except FileNotFoundError as error:
            print(f"{name}: skipped, {error.filename} is not there")


if __name__ == "__main__":
    main()
