"""Which model answers a live stream now: the champion of its Task, looked up in the background."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from channels.db import database_sync_to_async

from mlops.ml.abstention import Guard
from mlops.ml.contract import FloatArray
from mlops.ml.scoring import OnnxScorer
from mlops.ml.windows import WindowSpec
from mlops.models import AliasName
from sessions.services.live_champions import Loaded, challenger_scorer, champion_scorer

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
NO_EXERCISE = frozenset({"other", "rest", "none", "idle"})
"""Labels that mean "none of these": answered, and shown as no exercise."""

_executor = ThreadPoolExecutor(1, thread_name_prefix="live-models")
_boards: "WeakKeyDictionary[asyncio.AbstractEventLoop, ModelBoard]" = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class LiveModel:
    """A champion ready to answer windows of its own channel order."""

    task: str
    title: str
    version_id: UUID
    number: int
    is_generated: bool
    """Trained on generated data only; said wherever an answer is shown."""
    abstain_below: float
    """A best probability under this is no answer."""
    scorer: OnnxScorer
    arm: str = AliasName.CHAMPION
    guard: Guard | None = None
    """Tells windows that are unlike anything the model learned from; None for models that were made without."""

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

    def score(self, windows: npt.NDArray[Any]) -> FloatArray:
        """(n, classes + 1) for (n, length, channels) windows as measured: the probabilities, then 1 where the window
        looks like what its likeliest class was learned from, else 0."""
        proba = self.scorer.score_raw(windows)
        known = np.ones(len(proba)) if self.guard is None else self.guard.knows(windows, proba.argmax(axis=1))
        return np.column_stack([proba, known.astype(np.float32)])

    def columns(self, channels: Sequence[str]) -> list[int] | None:
        """Where the model's channels stand in a stream's; None when the stream lacks one."""
        known = {name: n for n, name in enumerate(channels)}
        if not set(self.channels) <= set(known):
            return None
        return [known[name] for name in self.channels]

    def is_abstention(self, label: str, confidence: float) -> bool:
        return label in NO_EXERCISE or confidence < self.abstain_below

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
        task=task, title=served.title, arm=served.arm, version_id=served.version_id, number=served.number,
        is_generated=bool(scorer.manifest.get("generated") or scorer.manifest.get("demo")),
        abstain_below=float(scorer.manifest.get("abstain_below") or 0.0), scorer=scorer,
        guard=_guard_of(scorer),
    )


def _guard_of(scorer: OnnxScorer) -> Guard | None:
    stored = scorer.manifest.get("guard")
    return Guard.from_json(stored) if stored else None


class ModelBoard:
    """The champions in use by the streams of one event loop, looked up every two seconds, never per message."""

    def __init__(self) -> None:
        self._models: dict[str, LiveModel | None] = {}
        self._challengers: dict[str, tuple[LiveModel, float]] = {}
        self._users: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def here(cls) -> "ModelBoard":
        """The board of the running event loop."""
        return _boards.setdefault(asyncio.get_running_loop(), cls())

    async def use(self, task: str, bucket: float = 1.0) -> LiveModel | None:
        """Begin to follow a Task's champion; pair with `leave`. `bucket`: see `now`."""
        self._users[task] = self._users.get(task, 0) + 1
        if task not in self._models:
            await self._look(task)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._follow())
        return self.now(task, bucket)

    def leave(self, task: str) -> None:
        """One stream less wants this Task's champion."""
        self._users[task] = self._users.get(task, 1) - 1
        if self._users[task] <= 0:
            del self._users[task]
            self._models.pop(task, None)
            self._challengers.pop(task, None)

    def now(self, task: str, bucket: float = 1.0) -> LiveModel | None:
        """Who answers an athlete of this bucket (mlops.services.serving.ab_bucket), as last seen; costs nothing."""
        other = self._challengers.get(task)
        return other[0] if other is not None and bucket < other[1] else self._models.get(task)

    async def look(self) -> None:
        """Look up every followed Task now."""
        for task in list(self._users):
            await self._look(task)

    async def _follow(self) -> None:
        while self._users:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def _look(self, task: str) -> None:
        if not task:
            self._models[task] = None
            return
        try:
            look = database_sync_to_async(live_arms_find, thread_sensitive=False, executor=_executor)
            found, other = await look(task)
        except Exception:
            logger.exception("the champion of %s cannot be loaded; streams keep the one they have", task)
            return
        known = self._models.get(task)
        if found is None or known is None or found.version_id != known.version_id:
            self._models[task] = found
        second = self._challengers.pop(task, None)
        if other is not None:
            is_same = second is not None and second[0].version_id == other[0].version_id
            self._challengers[task] = (second[0], other[1]) if second is not None and is_same else other
