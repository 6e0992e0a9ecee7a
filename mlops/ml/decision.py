"""From scores to what is said: one decision that screens, logs, programs and corrections all read.

A classifier's best class is not always its answer: the class may mean "none of these", its probability may be too low
(Chow's threshold), or the input may be unlike everything that was learned (the guard). `LabelDecider` applies the three
rules of `mlops.ml.abstention` in that order, so that live streams, the API and jobs never differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mlops.ml.abstention import NO_CLASS, Guard
from mlops.ml.contract import FloatArray

Reason = Literal["", "none", "unsure", "unlike"]
"""Why nothing is named: the class means none of these, too little confidence, an input unlike the training data."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is said about one example.

    label       the best class, also when it is withheld
    confidence  its probability
    reason      empty when the label is the answer
    """

    label: str
    confidence: float
    reason: Reason = ""

    @property
    def abstained(self) -> bool:
        """Nothing is named."""
        return bool(self.reason)

    @property
    def said(self) -> str:
        """What a person was shown: the label, or nothing."""
        return "" if self.reason else self.label


@dataclass(frozen=True)
class LabelDecider:
    """The rules of one version: `labels` in the order of the scores, its threshold and its guard."""

    labels: tuple[str, ...]
    abstain_below: float = 0.0
    guard: Guard | None = None
    silent: frozenset[str] = NO_CLASS

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> LabelDecider:
        """As an artifact's manifest says. Raises BadValue for a damaged guard."""
        stored = manifest.get("guard")
        return cls(
            tuple(map(str, manifest["labels"])),
            float(manifest.get("abstain_below") or 0.0),
            Guard.from_json(stored) if stored else None,
        )

    def knows(self, scores: FloatArray, inputs: npt.NDArray[Any] | None) -> npt.NDArray[np.bool_]:
        """(n,) whether each raw input (n, length, channels) looks like what its best class was learned from."""
        if self.guard is None or inputs is None:
            return np.ones(len(scores), bool)
        return self.guard.knows(inputs, scores.argmax(axis=1))

    def one(self, scores: Sequence[float], is_known: bool = True) -> Decision:
        """The decision about one example from its row of scores."""
        confidence = max(scores)
        label = self.labels[list(scores).index(confidence)]
        return Decision(label, float(confidence), self.reason(label, confidence, is_known))

    def reason(self, label: str, confidence: float, is_known: bool = True) -> Reason:
        """Why a best class is withheld; empty when it is the answer."""
        if label in self.silent:
            return "none"
        if confidence < self.abstain_below:
            return "unsure"
        return "" if is_known else "unlike"

    def decide(self, scores: FloatArray, inputs: npt.NDArray[Any] | None = None) -> list[Decision]:
        """One decision for each row of scores (n, classes); `inputs` as measured, where there are such."""
        known = self.knows(scores, inputs)
        return [self.one(row, bool(ok)) for row, ok in zip(np.asarray(scores).tolist(), known, strict=True)]
