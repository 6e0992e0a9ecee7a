"""A champion as live streams use it: windows of its own channel order in, what is said about each out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from mlops.ml.decision import Decision, LabelDecider
from mlops.ml.scoring import OnnxScorer
from mlops.ml.windows import WindowSpec
from mlops.models import AliasName
from sessions.live.services.champions import Loaded, challenger_scorer, champion_scorer

DIGITS = 6
"""Of a probability, as it is told."""

Answer = tuple[list[float], Decision]
"""The probabilities of one window in the order of the labels; the decision that screen, log and correction read."""


@dataclass(frozen=True, eq=False)
class LiveModel:
    """A champion ready to answer windows of its own channel order."""

    task: str
    title: str
    version_id: UUID
    number: int
    is_generated: bool
    """Trained on generated data only; said wherever an answer is shown."""
    scorer: OnnxScorer
    decider: LabelDecider
    arm: str = AliasName.CHAMPION
    kind: str = "sensor_classification"

    @property
    def is_remote(self) -> bool:
        """Answers come over the network."""
        return self.scorer.remote is not None

    @property
    def spec(self) -> WindowSpec:
        return self.scorer.spec

    @property
    def labels(self) -> tuple[str, ...]:
        return self.scorer.labels

    @property
    def channels(self) -> tuple[str, ...]:
        """Channel names in the order the model was trained with."""
        return tuple(
            channel["name"] if isinstance(channel, dict) else channel for channel in self.scorer.layout["channels"]
        )

    def answer(self, windows: npt.NDArray[Any]) -> list[Answer]:
        """The answers for (n, length, channels) windows as measured, each decided once, here."""
        scores: npt.NDArray[Any] = np.round(self.scorer.score_raw(windows).astype(np.float64), DIGITS)
        return list(zip(scores.tolist(), self.decider.decide(scores, windows), strict=True))

    def columns(self, channels: Sequence[str]) -> list[int] | None:
        """Where the model's channels stand in a stream's; None when the stream lacks one."""
        known = {name: n for n, name in enumerate(channels)}
        if not set(self.channels) <= set(known):
            return None
        return [known[name] for name in self.channels]

    def to_json(self) -> dict[str, Any]:
        """What pages and programs are told about the model: one object for all streams, not to be changed."""
        return self._json

    @cached_property
    def _json(self) -> dict[str, Any]:
        return {
            "task": self.task, "title": self.title, "version": self.number, "version_id": str(self.version_id),
            "generated": self.is_generated, "labels": list(self.labels),
            "window": {"length": self.spec.length, "rate_hz": self.spec.rate_hz, "stride": self.spec.stride},
        }


def live_model_find(task: str) -> LiveModel | None:
    """The champion of the Task of that name, or None where there is none that can be loaded."""
    found = champion_scorer(task)
    return None if found is None else _live_model(task, found)


def live_arms_find(task: str) -> tuple[LiveModel | None, tuple[LiveModel, float] | None]:
    """Champion, and the challenger with its share of the athletes, or None."""
    other, share = challenger_scorer(task)
    return live_model_find(task), None if other is None else (_live_model(task, other), share)


def _live_model(task: str, found: Loaded) -> LiveModel:
    served, scorer = found
    return LiveModel(
        task=task, title=served.title, kind=served.kind, arm=served.arm, version_id=served.version_id,
        number=served.number,
        is_generated=bool(scorer.manifest.get("generated") or scorer.manifest.get("demo")), scorer=scorer,
        decider=LabelDecider.of(scorer.manifest),
    )
