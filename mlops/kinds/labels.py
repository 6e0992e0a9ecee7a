"""The family of kinds that name one of several labels, whatever their examples are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.kinds.answers import Answer, Headline
from mlops.kinds.base import TaskKind
from mlops.kinds.examples import BalancedBuildConfig
from mlops.kinds.metric import CLASSIFICATION
from mlops.kinds.questions import Inputs
from mlops.ml.abstention import NO_CLASS
from mlops.ml.calibration import calibration_bins
from mlops.ml.contract import NotEnoughData
from mlops.ml.decision import LabelDecider
from mlops.ml.metrics import classification_report


class LabelKind(TaskKind):
    """Outputs are (n, labels) probabilities in the order of the manifest's `labels`."""

    metrics = CLASSIFICATION
    gates = {"accuracy": 0.8}
    Build = BalancedBuildConfig
    agreement_metric = "accuracy"

    def retrain_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Never as unevenly as recorded: a few corrections would drown in it."""
        balance = parameters.get("balance", "none")
        return {**parameters, "balance": "upsample" if balance == "none" else balance}

    def evaluate(self, outputs: Any, data: Any) -> dict[str, Any]:
        if data.y is None:
            raise NotEnoughData(f"There are no labelled {self.example.words} to evaluate on")
        report: dict[str, Any] = dict(classification_report(data.y, outputs, data.labels))
        report["calibration"] = calibration_bins(outputs.max(axis=1), outputs.argmax(axis=1) == data.y)
        return report

    def baseline(self, train: Any, data: Any) -> dict[str, float]:
        if train.y is None or data.y is None:
            return {}
        return {"baseline_accuracy": float((data.y == np.bincount(train.y).argmax()).mean())}

    def pair_values(self, outputs: Any, data: Any) -> npt.NDArray[Any] | None:
        return None if data.y is None else (outputs.argmax(axis=1) == data.y).astype(np.float32)

    def comparable(self, manifest: Mapping[str, Any], data: Any) -> str:
        same = _asked(manifest.get("labels", ())) == _asked(data.labels)
        return "" if same else "The models have different labels, so they can't be compared."

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        """[{"label", "score"} …] sorted, the best first; withheld as `mlops.ml.decision` says."""
        decider = decider_of(manifest)
        found = []
        for row, said in zip(outputs, decider.decide(outputs, self.guarded(inputs)), strict=True):
            order = np.argsort(-row, kind="stable")
            scores = [{"label": decider.labels[i], "score": float(row[i])} for i in order]
            found.append(Answer(scores, Headline(said.label, confidence=said.confidence, reason=said.reason)))
        return found

    def guarded(self, inputs: Inputs | None) -> Any:
        """What the guard of a version looks at; None for kinds whose inputs no guard knows."""
        return None

    def uncertainty(self, answers: Sequence[Answer]) -> npt.NDArray[np.float64]:
        """One minus the gap between the two best labels."""
        return np.array([1.0 - _gap(one.value) for one in answers])


def _asked(labels: Sequence[str]) -> tuple[str, ...]:
    """Without a last label for "none of these", which a version may or may not know beside the others."""
    names = tuple(labels)
    return names[:-1] if names and names[-1] in NO_CLASS else names


def _gap(scores: Sequence[Mapping[str, Any]]) -> float:
    return float(scores[0]["score"] - scores[1]["score"]) if len(scores) > 1 else 1.0


_deciders: dict[int, tuple[Mapping[str, Any], LabelDecider]] = {}
"""By the identity of the manifest, which is kept so that no other takes its place: the same weights may stand under
several versions with different rules."""
MAX_DECIDERS = 64


def decider_of(manifest: Mapping[str, Any]) -> LabelDecider:
    """The rules of a version, read once for as long as it is open. Raises BadValue for a damaged guard."""
    known, found = _deciders.get(id(manifest), (None, None))
    if known is not manifest or found is None:
        found = LabelDecider.of(manifest)
        if len(_deciders) >= MAX_DECIDERS:
            _deciders.clear()
        _deciders[id(manifest)] = manifest, found
    return found
