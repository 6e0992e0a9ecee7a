"""A number from a row, with an interval as wide as the errors on the training rows."""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mlops.ml.contract import Answers, BadValue
from tests.kinds.toys.linear import LinearModel


class Line(LinearModel):
    """Least squares; 90 % of the training errors lie in the interval."""

    name: ClassVar[str] = "toy_line"
    title: ClassVar[str] = "A straight line"
    summary: ClassVar[str] = "Least squares on the columns of a row."
    data_type: ClassVar[str] = "rows"

    def features(self, data: Any) -> np.ndarray:
        if np.isinf(data.x).any():
            raise BadValue("a row holds infinity")
        return np.nan_to_num(np.asarray(data.x, np.float64))

    def _fit(self, train: Any, *rest: Any) -> Any:
        self.width = 0.0
        report = super()._fit(train, *rest)
        self.width = float(np.quantile(np.abs(super()._answer(train)["value"] - train.y), 0.9))
        return report

    def _answer(self, data: Any) -> Answers:
        value = super()._answer(data)["value"]
        return {"value": value, "low": value - np.float32(self.width), "high": value + np.float32(self.width)}

    def _save(self, directory: Path) -> None:
        super()._save(directory)
        (directory / "width.json").write_text(json.dumps(self.width))

    def _load(self, directory: Path) -> None:
        super()._load(directory)
        self.width = float(json.loads((directory / "width.json").read_text()))
