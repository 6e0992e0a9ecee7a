"""The family of kinds that answer a number, with an interval where their models give one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError

from mlops.kinds.answers import Answer, Correction, Headline
from mlops.kinds.base import TaskKind
from mlops.kinds.metric import is_number
from mlops.kinds.questions import Inputs


class NumberKind(TaskKind):
    """Outputs are (n,) values, or (n, 3): value, low and high of an interval.

    within  how far from the truth an answer may lie and still agree with it, in `unit`
    """

    needs_labels = False
    within: float = 1.0

    def pair_values(self, outputs: Any, data: Any) -> npt.NDArray[Any] | None:
        return None if data.y is None else np.abs(values_of(outputs) - data.y).astype(np.float32)

    def baseline(self, train: Any, data: Any) -> dict[str, float]:
        return {"baseline_mae": float(np.abs(data.y - np.mean(train.y)).mean())}

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        """{"value"}, with "low" and "high" where there is an interval."""
        rows = np.atleast_2d(np.asarray(outputs, np.float64).T).T
        found = []
        for row in rows.tolist():
            said = dict(zip(("value", "low", "high"), row, strict=False))
            found.append(Answer(said, Headline(number=row[0], low=said.get("low"), high=said.get("high"))))
        return found

    def check_correction(self, task: Any, given: Any) -> Correction:
        if not is_number(given):
            raise ValidationError({"correction": "Enter the correct number."}, code="bad_value")
        return Correction(value=float(given))

    def agreement(self, answered: Mapping[str, Any], correction: Correction) -> float:
        """A withheld number agrees with none."""
        number = None if answered.get("reason") else answered.get("number")
        return 0.0 if number is None else float(abs(number - correction.value) <= self.within)

    @property
    def agreed(self) -> str:
        return f"within {f'{self.within:g} {self.unit}'.strip()} of the reviewed value"

    def alike(self, one: Correction, other: Correction) -> bool:
        if one.value is None or other.value is None:
            return one.value is other.value
        return bool(abs(one.value - other.value) <= self.within)

    def uncertainty(self, answers: Sequence[Answer]) -> npt.NDArray[np.float64]:
        """The width of the interval against the widest; 0 for answers without one."""
        heads = [one.headline for one in answers]
        widths = np.array([0.0 if h.low is None or h.high is None else h.high - h.low for h in heads])
        return widths / widths.max() if len(widths) and widths.max() > 0 else widths


def values_of(outputs: Any) -> npt.NDArray[np.float64]:
    """(n,) values of outputs with or without intervals."""
    rows = np.asarray(outputs, np.float64)
    return rows if rows.ndim == 1 else rows[:, 0]
