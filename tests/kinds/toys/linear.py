"""What the toy estimators share: least squares on a few features of each example, solved at once."""

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mlops.ml.bases.targets import check_targets, targets_of
from mlops.ml.contract import GIVEN, Answers, Estimator, TrainingReport, option
from mlops.ml.heads import LABEL, Head, heads_of

SHARPNESS = 6.0


@dataclass(frozen=True)
class LinearConfig:
    """How strongly weights are pulled towards zero."""

    penalty: float = option(0.1, "Pull towards zero", min=0.0, max=10_000.0)
    square: bool = option(True, "Use the squares of the features too")


class LinearModel(Estimator[Any]):
    """Labels as one column a class, numbers as they are; a subclass says which features an example has."""

    Config: ClassVar[type] = LinearConfig

    @abstractmethod
    def features(self, data: Any) -> np.ndarray:
        """(n, features) of examples as the data type has them."""

    @property
    def heads(self) -> tuple[Head, ...]:
        return tuple(Head.from_json(one) for one in self.facts["heads"])

    def _check(self, data: Any, part: str) -> None:
        if part != GIVEN:
            check_targets(data, part)

    def _facts_of(self, train: Any) -> dict[str, Any]:
        return {"heads": [head.to_json() for head in heads_of(train)]}

    def _fit(self, train: Any, validation: Any, on_step: Any, on_epoch: Any, seed: int) -> TrainingReport:
        on_step(0, 1)
        raw = self._wide(self.features(train))
        self.shift, self.scale = raw.mean(axis=0), np.where(raw.std(axis=0) > 1e-9, raw.std(axis=0), 1.0)
        x, self.weights = self._columns(train), {}
        for head in self.heads:
            y = targets_of(train)[head.name]
            wanted = np.eye(len(head.labels))[y] if head.kind == LABEL else y.reshape(len(y), -1)
            pull = self.config.penalty * np.eye(x.shape[1])
            self.weights[head.name] = np.linalg.solve(x.T @ x + pull, x.T @ wanted)
        row = {"epoch": 1.0, **self._errors(train, "train")}
        if validation is not None:
            row |= self._errors(validation, "val")
        on_epoch(row)
        on_step(1, 1)
        size = sum(one.size for one in self.weights.values())
        return TrainingReport({k: v for k, v in row.items() if k != "epoch"}, [row], 0.0, size)

    def _answer(self, data: Any) -> Answers:
        x, found = self._columns(data), {}
        for head in self.heads:
            scores = x @ self.weights[head.name]
            if head.kind == LABEL:
                e = np.exp(SHARPNESS * (scores - scores.max(axis=1, keepdims=True)))
                scores = e / e.sum(axis=1, keepdims=True)
            found[head.answers[0]] = (scores[:, 0] if head.kind != LABEL and head.size == 1 else scores).astype(
                np.float32
            )
        return found

    def _save(self, directory: Path) -> None:
        kept = {"shift": self.shift.tolist(), "scale": self.scale.tolist()}
        kept["weights"] = {name: one.tolist() for name, one in self.weights.items()}
        (directory / "weights.json").write_text(json.dumps(kept))

    def _load(self, directory: Path) -> None:
        kept = json.loads((directory / "weights.json").read_text())
        self.shift, self.scale = np.array(kept["shift"]), np.array(kept["scale"])
        self.weights = {name: np.array(one) for name, one in kept["weights"].items()}

    def _wide(self, x: np.ndarray) -> np.ndarray:
        return np.concatenate([x, x**2], axis=1) if self.config.square else x

    def _columns(self, data: Any) -> np.ndarray:
        x = (self._wide(self.features(data)) - self.shift) / self.scale
        return np.concatenate([x, np.ones((len(x), 1))], axis=1)

    def _errors(self, data: Any, part: str) -> dict[str, float]:
        answers: Mapping[str, np.ndarray] = self._answer(data)
        found = {}
        for head in self.heads:
            y, said = targets_of(data)[head.name], answers[head.answers[0]]
            wrong = said.argmax(axis=1) != y if head.kind == LABEL else np.abs(said - y)
            found[f"{part}_{head.name or 'only'}_error"] = float(np.mean(wrong))
        return found
