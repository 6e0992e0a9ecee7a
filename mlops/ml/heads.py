"""What a network answers: one head or several, each a label, numbers, or numbers with an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.targets import is_label, is_number, label_names, targets_of
from mlops.ml.contract import UNLABELLED, BadArtifact, BadValue

LABEL, NUMBER, GAUSSIAN, QUANTILES = "label", "number", "gaussian", "quantiles"
WIDTHS = {NUMBER: 1, GAUSSIAN: 2, QUANTILES: 3}
MIN_SPREAD = 1e-12


@dataclass(frozen=True)
class Head:
    """One answer of a network.

    name            "" where there is only one
    kind            "label": probabilities of `labels`; "number": values; "gaussian" and "quantiles": values with an
                    interval that should hold the truth as often as `coverage` says
    size            numbers at once, for the kinds that answer numbers
    weight          share in the sum of losses
    centre, spread  (size,) of the training truth; a network learns (y − centre) / spread
    """

    name: str = ""
    kind: str = LABEL
    labels: tuple[str, ...] = ()
    size: int = 1
    weight: float = 1.0
    coverage: float = 0.9
    centre: tuple[float, ...] = ()
    spread: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """How many outputs of the network belong to it."""
        return len(self.labels) if self.kind == LABEL else WIDTHS[self.kind] * self.size

    @property
    def answers(self) -> tuple[str, ...]:
        """Names of what it answers, e.g. ``score_value``, ``score_low``, ``score_high``."""
        names = {LABEL: ("probabilities",), NUMBER: ("value",)}.get(self.kind, ("value", "low", "high"))
        return tuple(f"{self.name}_{name}" if self.name else name for name in names)

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON-ready values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Head:
        """Make one of what `to_json` gave. Raises BadArtifact."""
        try:
            plain: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in value.items()}
            head = cls(**plain)
        except TypeError as error:
            raise BadArtifact(f"a saved head cannot be read: {error}") from error
        if head.kind != LABEL and (head.kind not in WIDTHS or not len(head.centre) == len(head.spread) == head.size):
            raise BadArtifact(f"a saved head cannot be read: {head.kind!r} of {head.size}")
        return head


def heads_of(
    data: Any, *, interval: str = "", weights: Mapping[str, float] | None = None, coverage: float = 0.9
) -> tuple[Head, ...]:
    """One head for each part of the truth of `data`: labels for integers, numbers for floats, none for texts.

    interval  "" for plain numbers, "gaussian" or "quantiles" for numbers with an interval
    """
    if interval not in ("", GAUSSIAN, QUANTILES):
        raise BadValue(f"an interval is {GAUSSIAN} or {QUANTILES}, not {interval!r}")
    found = []
    for name, values in targets_of(data).items():
        weight = float((weights or {}).get(name, 1.0))
        if is_label(values):
            found.append(Head(name, LABEL, label_names(data, name), weight=weight))
        elif is_number(values):
            flat = values.reshape(-1, 1) if values.ndim == 1 else values.reshape(-1, values.shape[-1])
            centre, spread = _moments(flat)
            kind = interval or NUMBER
            found.append(Head(name, kind, (), flat.shape[1], weight, coverage, centre, spread))
    return tuple(found)


def known(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where the truth is known."""
    return np.asarray(values != UNLABELLED if is_label(values) else np.isfinite(values))


def _moments(values: npt.NDArray[Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each column's known numbers; 1 where they do not differ."""
    there = np.isfinite(values)
    n = np.maximum(there.sum(axis=0), 1)
    centre = np.where(there, values, 0.0).sum(axis=0, dtype=np.float64) / n
    spread = np.sqrt((np.where(there, values - centre, 0.0) ** 2).sum(axis=0, dtype=np.float64) / n)
    spread = np.where(spread > MIN_SPREAD, spread, 1.0)
    return tuple(map(float, centre)), tuple(map(float, spread))
