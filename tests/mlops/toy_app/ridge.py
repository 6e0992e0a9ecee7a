"""An estimator that shares no base class with those of the engine: only the life cycle."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mlops.ml.contract import BadArtifact, TrainingReport, check_config, ignore, option


@dataclass(frozen=True)
class RidgeConfig:
    """How strongly weights are pulled towards zero."""

    penalty: float = option(1.0, "Pull towards zero", min=0.0, max=1000.0)
    intercept: bool = option(True, "Learn a constant too")


class Ridge:
    """Linear regression with a penalty, solved at once."""

    name: ClassVar[str] = "toy_ridge"
    title: ClassVar[str] = "Ridge"
    summary: ClassVar[str] = "A straight line through many columns."
    Config: ClassVar[type] = RidgeConfig

    def __init__(self, config: RidgeConfig | None = None) -> None:
        self.config = config or RidgeConfig()
        check_config(self.config)

    def fit(
        self, train: Any, *, validation: Any = None, on_step: Any = ignore, on_epoch: Any = ignore, seed: int = 0
    ) -> TrainingReport:
        on_step(0, 1)
        x = self._columns(train.x)
        self.weights = np.linalg.solve(x.T @ x + self.config.penalty * np.eye(x.shape[1]), x.T @ train.y)
        row = {"epoch": 1.0, "train_mae": float(np.abs(x @ self.weights - train.y).mean())}
        if validation is not None:
            row["val_mae"] = float(np.abs(self.predict(validation.x) - validation.y).mean())
        on_epoch(row)
        on_step(1, 1)
        return TrainingReport({"train_mae": row["train_mae"]}, [row], 0.01, len(self.weights))

    def predict(self, x: np.ndarray) -> np.ndarray:
        return (self._columns(x) @ self.weights).astype(np.float32)

    def answer(self, data: Any) -> dict[str, np.ndarray]:
        return {"value": self.predict(data.x)}

    def save(self, directory: Path) -> None:
        facts = {"config": asdict(self.config), "weights": self.weights.tolist()}
        (directory / "ridge.json").write_text(json.dumps(facts))

    @classmethod
    def load(cls, directory: Path) -> "Ridge":
        try:
            facts = json.loads((directory / "ridge.json").read_text())
        except (OSError, ValueError) as error:
            raise BadArtifact("there is no ridge here") from error
        model = cls(RidgeConfig(**facts["config"]))
        model.weights = np.array(facts["weights"])
        return model

    def _columns(self, x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, np.float64)
        return np.concatenate([x, np.ones((len(x), 1))], axis=1) if self.config.intercept else x
