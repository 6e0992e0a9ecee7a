"""What one stream knows besides its class: rest, what to announce, sets with repetitions, its sensor's state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.sensors.announcing import Announcer, is_hold
from mlops.ml.sensors.motion import Float64Array, MotionTrack
from mlops.ml.sensors.rest import STILL, STIR, RestDetector
from mlops.ml.sensors.sensor_check import SensorChecker
from mlops.ml.sensors.sets import UNNAMED, SetBook, SetRecord

Post = Callable[[str, dict[str, Any]], None]
LEAD_S = 2.0
"""Movement began so long before it stood out."""


class StreamSense:
    """Sees every frame and every answer of one stream; tells `repetitions`, `rest` and `sensor_check` when they change.

    The work is done once a second of the stream's own time, so that neither the size of frames nor their number changes
    what comes out.
    """

    def __init__(
        self,
        *,
        channels: Sequence[Mapping[str, Any]],
        post: Post,
        stored_sets: Sequence[Mapping[str, Any]] = (),
        checker: SensorChecker | None = None,
    ) -> None:
        self._post = post
        self.checker = checker
        self.still = False
        """Keeps still, and not between two repetitions."""
        self.resting = False
        """Still, and not in an announced hold: what is told."""
        self._held_until_s = -1e18
        self.moving = False
        """More than any hold does."""
        self.track = MotionTrack([str(channel.get("unit", "")) for channel in channels])
        self.rest = RestDetector()
        self.announcer = Announcer()
        self.book = SetBook(self.track, stored_sets)
        self.has_model = False
        self.n_changes = 0
        """Counts changes of the sets, so that a writer knows when to store them."""
        self._now_s = 0.0
        self._told: dict[str, Any] | None = None
        self._looked: Any = None
        self._n_restarts = 0
        self.is_quiet = False
        """Nothing is told while stored samples are seen again."""

    def push(self, t_s: Float64Array, samples: npt.NDArray[np.float32], *, has_model: bool) -> None:
        """The next samples (n, channels), finite and later than all before, with their times (n,)."""
        self.has_model = has_model
        for block in self.track.push(t_s, samples):
            self._now_s = block.end_s
            if self.track.n_restarts != self._n_restarts:
                self._restart()
            self.rest.step(block.end_s, block.energy, block.floor)
            self.moving = block.energy > STIR * block.floor
            self.still = self.rest.resting and not self.book.is_repeating(block.end_s)
            self._look_for_rest(block.end_s)
            if not has_model:
                self._by_movement(block.energy > STILL * block.floor)
            self.book.step(block.end_s)
            self._tell()
            if self.checker is not None and self.checker.see(block, self.announcer.label):
                self._post_checks()

    def _restart(self) -> None:
        """The samples had stopped: what comes now is a new beginning."""
        self._n_restarts = self.track.n_restarts
        self.rest.reset()
        self.still = False
        self.announcer = Announcer()
        self.book.break_off()
        if self.checker is not None:
            self.checker.gap()

    def _look_for_rest(self, now_s: float) -> None:
        holds = is_hold(self.announcer.label)
        if holds:
            self._held_until_s = now_s
        resting = self.still and not holds
        if resting != self.resting:
            self.resting = resting
            if not self.is_quiet:
                since_s = self._rest_began_s() if resting else self._now_s
                self._post("rest", {"resting": resting, "since_s": round(since_s, 2)})

    def _rest_began_s(self) -> float:
        """The stillness of a hold is no rest, nor is what lies before it."""
        return max(self.rest.since_s, self._held_until_s)

    def _post_checks(self) -> None:
        assert self.checker is not None
        if not self.is_quiet:
            checks = [check.to_json() for check in self.checker.checks]
            self._post("sensor_check", {"quality": self.checker.quality, "checks": checks})

    def answered(self, answer: dict[str, Any]) -> None:
        """An answer about to be told: adds what every answer carries (`announced`, `rest`, `rest_s`)."""
        label = None if answer["abstained"] else answer["exercise"]
        end_s = answer["end_s"]
        announced = self.announcer.answer(label, answer["start_s"], end_s, resting=self.still, moving=self.moving)
        self._look_for_rest(end_s)
        self.book.announced(announced, self.announcer.since_s, end_s)
        self._tell()
        answer["announced"] = self.announcer.now(self.resting)
        answer["rest"] = self.resting
        answer["rest_s"] = round(max(0.0, end_s - self._rest_began_s()), 1) if self.resting else 0.0

    def sets_json(self) -> list[dict[str, Any]]:
        """All sets worth keeping, for storage."""
        return [one.to_json() for one in self.book.told()]

    def sets_told(self) -> list[dict[str, Any]]:
        """All sets as `repetitions` told them, for a page that resumes."""
        return [_event(one, number) for number, one in enumerate(self.book.told(), 1)]

    def _by_movement(self, moves: bool) -> None:
        """Without a model: a set is what lies between two rests."""
        if self.resting:
            self.book.announced(None, self._now_s, self._now_s)
        elif moves:
            self.book.announced(UNNAMED, self._now_s - LEAD_S, self._now_s)

    def _tell(self) -> None:
        if self.is_quiet or (mark := self.book.mark()) == self._looked:
            return
        self._looked = mark
        told = self.book.told()
        if not told:
            return
        event = _event(told[-1], len(told))
        if event != self._told:
            self._told = event
            self.n_changes += 1
            self._post("repetitions", event)


def _event(record: SetRecord, number: int) -> dict[str, Any]:
    times = record.times()
    return {
        "count": len(times),
        "set": number,
        "exercise": record.exercise or None,
        "at_s": round(times[-1], 2) if times else None,
        "start_s": round(record.start_s, 2),
        "end_s": round(record.last_s, 2) if record.ended else None,
    }
