"""A sample of a live stream's answers for the log: one in half a minute, and next to nothing on the way."""

import random
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from mlops.services.prediction_log import Answered, log_answer
from sessions.services.live_scoring import Asked


class AnswerSampler:
    """Asked about each answer of one stream; `next_s` on the stream's clock is when the next one is kept.

    Streams begin at different times within the interval, so that a thousand of them do not write at once.
    """

    __slots__ = ("_athlete", "_every_s", "_stream", "next_s")

    def __init__(self, *, stream: UUID, athlete_id: int) -> None:
        self._stream, self._athlete = stream, athlete_id
        self._every_s = settings.PREDICTION_LIVE_EVERY_S
        self.next_s = float("-inf")

    def take(self, asked: Asked, data: dict[str, Any]) -> None:
        """Keep this answer; the first one only decides when the next is kept."""
        start_s = asked.window.start_s
        if self.next_s == float("-inf"):
            self.next_s = start_s + random.uniform(0.0, self._every_s)  # noqa: S311  spreads the load
            if self.next_s > start_s:
                return
        self.next_s = start_s + self._every_s
        model = asked.model
        log_answer(
            Answered(
                version_id=model.version_id, athlete_id=self._athlete, label=data["exercise"],
                confidence=data["confidence"], arm=model.arm, abstained=bool(data.get("abstained")),
                window=np.array(asked.window.x, np.float32), rate_hz=model.spec.rate_hz, source=self._stream,
                start_s=data["start_s"], end_s=data["end_s"],
            )
        )  # fmt: skip
