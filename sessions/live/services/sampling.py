"""A sample of a live stream's answers for the log: one in half a minute, and next to nothing on the way."""

import random
from uuid import UUID

import numpy as np
from django.conf import settings

from mlops.kinds.answers import Headline
from mlops.kinds.questions import Locator
from mlops.ml.decision import Decision
from mlops.serving.services.log import LoggedAnswer, log_answer
from sessions.live.services.scoring import PendingWindow


class AnswerSampler:
    """Asked about each answer of one stream; `next_s` on the stream's clock is when the next one is kept.

    Streams begin at different times within the interval, so that a thousand of them do not write at once.
    """

    __slots__ = ("_athlete", "_every_s", "_stream", "next_s")

    def __init__(self, *, stream: UUID, athlete_id: int) -> None:
        self._stream, self._athlete = stream, athlete_id
        self._every_s = settings.PREDICTION_LIVE_EVERY_S
        self.next_s = float("-inf")

    def take(self, pending: PendingWindow, decision: Decision) -> None:
        """Keep this answer; the first one only decides when the next is kept."""
        start_s = pending.window.start_s
        if self.next_s == float("-inf"):
            self.next_s = start_s + random.uniform(0.0, self._every_s)  # noqa: S311  spreads the load
            if self.next_s > start_s:
                return
        self.next_s = start_s + self._every_s
        model = pending.model
        log_answer(
            LoggedAnswer(
                version_id=model.version_id, athlete_id=self._athlete, arm=model.arm,
                headline=Headline(decision.label, confidence=decision.confidence, reason=decision.reason),
                example=np.array(pending.window.x, np.float32), kind=model.kind, manifest=model.scorer.manifest,
                source=self._stream, locator=Locator(round(start_s, 6), round(start_s + model.spec.duration_s, 6)),
            )
        )  # fmt: skip
