"""Landmarks of a repetition → score, six angles, form and risk: several heads, and an answer lies in frames."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError

from mlops.kinds.answers import Answer, Correction, Headline
from mlops.kinds.base import CardText
from mlops.kinds.examples import ExampleSpec
from mlops.kinds.metric import Metric, is_number
from mlops.kinds.monitoring import DriftRules
from mlops.kinds.questions import Inputs, Locator, Payload, Question, asked_by
from mlops.kinds.shards import Source
from mlops.ml.bases.sequences import Sequences
from mlops.ml.contract import BadShape
from tests.kinds.toys.clips.estimator import posture
from tests.kinds.toys.shelf import ShelfKind, rng_of

ANGLES = ("knee", "hip", "ankle", "back", "elbow", "shoulder")
N_EACH, N_POINTS, UNSURE_BELOW = 9, 4, 0.4
POINTS = [f"{axis}{i}" for i in range(N_POINTS) for axis in "xy"]


def repetition(source: Source, number: int) -> tuple[np.ndarray, dict[str, Any]]:
    """(frames, 4, 2) landmarks of another length each time, and what is to be known of them."""
    rng = np.random.default_rng([number, int(rng_of(source).integers(1 << 30))])
    form, n = number % 3, int(rng.integers(10, 18))
    depth = (1.0, 0.4, 1.0)[form] + rng.normal(0, 0.03)
    lean = (0.1, 0.1, 0.6)[form] + rng.normal(0, 0.03)
    phase = np.sin(np.linspace(0, np.pi, n))
    frames = np.stack([np.outer(phase, [lean, depth, lean / 2, depth / 2]), np.outer(phase, [depth, lean, 1, 0.5])])
    frames = np.moveaxis(frames, 0, 2) + rng.normal(0, 0.01, (n, N_POINTS, 2))
    angles = [90 - 50 * depth, 80 * lean, 30 * depth, 60 * lean, 20 * depth, 10 + 10 * lean]
    score = 100 * depth - 60 * lean
    return frames.astype(np.float32), {"form": form, "risk": int(lean > 0.35), "score": score, "angles": angles}


class ClipForm(ShelfKind):
    """How good was this repetition?"""

    name = "toy_clip"
    title = "Form of a repetition"
    estimators = ("toy_postures",)
    metrics = (
        Metric("accuracy", "Form named right"),
        Metric("score_mae", "Error of the score", False, "number", 1, "points"),
        Metric("angle_mae", "Error of the angles", False, "number", 1, "°"),
        Metric("baseline_accuracy", "Form guessed right"),
    )
    gates = {"accuracy": 0.8, "score_mae": 20.0}
    example = ExampleSpec("repetition", "repetitions", "repetitions", "video", "videos", sources="videos")
    drift = DriftRules(min_athletes=5, min_examples=40, min_each=5)

    def write_shard(self, task: Any, source: Source, folder: Path) -> dict[str, int]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = task.label_set.names
        columns: dict[str, list[Any]] = {name: [] for name in ("clip", *POINTS)}
        truth: dict[str, list[Any]] = {name: [] for name in ("form", "risk", "score", *ANGLES)}
        for i in range(N_EACH):
            frames, known = repetition(source, i)
            columns["clip"] += [i] * len(frames)
            for place, name in enumerate(POINTS):
                columns[name] += frames.reshape(len(frames), -1)[:, place].tolist()
            for name in ("form", "risk", "score"):
                truth[name].append(known[name])
            for name, angle in zip(ANGLES, known["angles"], strict=True):
                truth[name].append(angle)
        pq.write_table(pa.table(columns), folder / "frames.parquet")
        pq.write_table(pa.table(truth), folder / "truth.parquet")
        return {name: truth["form"].count(place) for place, name in enumerate(names)}

    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Sequences:
        import pyarrow.parquet as pq

        items: list[np.ndarray] = []
        truth: list[Any] = []
        for folder in folders:
            table = pq.read_table(folder / "frames.parquet").to_pandas()
            items += [own[POINTS].to_numpy(np.float32).reshape(-1, N_POINTS, 2) for _, own in table.groupby("clip")]
            truth.append(pq.read_table(folder / "truth.parquet").to_pandas())
        column = lambda name: np.concatenate([one[name].to_numpy() for one in truth])  # noqa: E731
        y = {"form": column("form"), "risk": column("risk"), "score": column("score").astype(np.float64)}
        y["angles"] = np.stack([column(name) for name in ANGLES], axis=1)
        groups = np.repeat([folder.name for folder in folders], [len(one) for one in truth])
        return Sequences(items, y, groups, {"form": tuple(known["labels"]), "risk": ("low", "high")})

    def evaluate(self, outputs: Any, data: Sequences) -> dict[str, Any]:
        form, score = _best(outputs), np.array([row["score_value"] for row in outputs])
        angles = np.array([row["angles_value"] for row in outputs])
        return {
            "accuracy": float((form == data.y["form"]).mean()),
            "score_mae": float(np.abs(score - data.y["score"]).mean()),
            "angle_mae": float(np.abs(angles - data.y["angles"]).mean()),
            "n": len(data),
            "tables": [{
                "title": "Angles", "columns": ["Joint", "Error"],
                "rows": [[name, round(float(e), 2)]
                         for name, e in zip(ANGLES, np.abs(angles - data.y["angles"]).mean(axis=0), strict=True)],
            }],
        }  # fmt: skip

    def baseline(self, train: Sequences, data: Sequences) -> dict[str, float]:
        return {"baseline_accuracy": float((data.y["form"] == np.bincount(train.y["form"]).argmax()).mean())}

    def pair_values(self, outputs: Any, data: Sequences) -> np.ndarray:
        return (_best(outputs) == data.y["form"]).astype(np.float32)

    def examples(self, values: Any, manifest: Mapping[str, Any]) -> Sequences:
        return Sequences(list(values), None, np.full(len(values), "asked"))

    def example_input(self, manifest: Mapping[str, Any]) -> list[np.ndarray]:
        return [repetition(Source("example"), 0)[0]]

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> list[np.ndarray]:
        """[[[[x, y] of each point] of each frame] of each repetition]."""
        try:
            found = [np.asarray(one, np.float32) for one in payload]
            if not found or any(one.ndim != 3 or one.shape[1:] != (N_POINTS, 2) or len(one) < 2 for one in found):
                raise BadShape("frames")
        except (TypeError, ValueError, BadShape) as error:
            text = f"Give repetitions of at least 2 frames with {N_POINTS} points each."
            raise ValidationError(text, code="bad_shape") from error
        if not all(np.isfinite(one).all() for one in found):
            raise ValidationError("A coordinate is no finite number.", code="bad_value")
        return found

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """{"repetitions": […]}: they follow one another in their video."""

        def read(manifest: Mapping[str, Any]) -> Inputs:
            found = self.read_inputs(payload.data.get("repetitions"), manifest)
            ends = np.cumsum([len(one) for one in found]).tolist()
            starts = [0, *ends[:-1]]
            places = [Locator(place=f"frames:{start}-{end - 1}") for start, end in zip(starts, ends, strict=True)]
            return Inputs(found, places)

        return Question(read, *asked_by(user))

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        found = []
        for row in outputs:
            form, confidence = int(np.argmax(row["form_probabilities"])), float(np.max(row["form_probabilities"]))
            label, score = str(manifest["labels"][form]), float(row["score_value"])
            value = {
                "score": round(score, 1), "class": label, "risk": float(row["risk_probabilities"][1]),
                "angles": {name: round(float(a), 1) for name, a in zip(ANGLES, row["angles_value"], strict=True)},
            }  # fmt: skip
            reason = "unsure" if confidence < UNSURE_BELOW else ""
            found.append(Answer(value, Headline(label, number=score, confidence=confidence, reason=reason)))
        return found

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        return [f"{what} of {name}" for what in ("mean", "spread") for name in POINTS]

    def statistics(self, values: Any, manifest: Mapping[str, Any]) -> np.ndarray:
        return np.array([posture(one) for one in values]).reshape(len(values), 2 * len(POINTS))

    def check_correction(self, task: Any, given: Any) -> Correction:
        """{"class", "score"}: the form, or the score, or both."""
        if not isinstance(given, dict) or not given or set(given) - {"class", "score"}:
            raise ValidationError({"correction": "Give a class, a score or both."}, code="bad_value")
        if given.get("class", task.label_set.names[0]) not in task.label_set.names:
            raise ValidationError({"correction": "There is no such form."}, code="unknown_label")
        if not is_number(given.get("score", 0)):
            raise ValidationError({"correction": "A score is a number."}, code="bad_value")
        return Correction(given.get("class", ""), {"score": given["score"]} if "score" in given else None)

    def agreement(self, answered: Mapping[str, Any], correction: Correction) -> float:
        """The mean over what was said of the two."""
        found = [float(answered.get("label") == correction.label)] if correction.label else []
        if correction.value:
            found.append(float(abs(answered.get("number", 1e9) - correction.value["score"]) <= 10))
        return float(np.mean(found))

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        return CardText("It judges a repetition.", [f"Frames of {N_POINTS} points."], ["It is a toy."])


def _best(outputs: Any) -> np.ndarray:
    return np.array([int(np.argmax(row["form_probabilities"])) for row in outputs])
