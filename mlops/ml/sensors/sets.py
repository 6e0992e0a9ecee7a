"""The sets of one stream: which exercise, from when to when, how many repetitions.

A set begins where a label is announced (without a model: where movement begins) and ends with rest, with another label
or when nothing confirms it any longer. Answers flicker: a set that was named wrongly for a moment takes the better name
and keeps its repetitions, a wrong name in the middle of a set does not split it, a short pause does not end it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops.ml.sensors.announcing import is_hold
from mlops.ml.sensors.motion import MotionTrack
from mlops.ml.sensors.repetitions import RepetitionCounter

SAME_SET_S = 8.0
"""A pause shorter than this does not end a set."""
MISNAMED_S = 6.5
"""A set confirmed for no longer than this is renamed by the next label instead of ended."""
REJOIN_S = 15.0
SETTLED_S = 5.0
REPEATING_S = 6.0
"""Stillness so soon after a repetition is a pause within the set."""
MIN_HOLD_S = 5.0
MAX_SETS = 400
MAX_TIMES = 500

UNNAMED = ""


@dataclass(slots=True)
class SetRecord:
    """One set; `last_s` is the end of what confirmed it last, `earlier` are repetitions counted before a break."""

    exercise: str
    start_s: float
    last_s: float
    ended: bool = False
    earlier: list[float] = field(default_factory=list)
    counter: RepetitionCounter | None = None
    final: list[float] | None = None
    _known: tuple[int, float, list[float]] | None = None

    def times(self) -> list[float]:
        """When each repetition was done; a hold has none. Worked out again only after a step or at the end."""
        if is_hold(self.exercise):
            return []
        if self.final is not None:
            return self.final
        if self.counter is None:
            return self.earlier
        until = self.last_s if self.ended else float("inf")
        if self._known is None or self._known[:2] != (self.counter.n_steps, until):
            before = [at for at in self.earlier if at < self.counter.start_s]
            self._known = (self.counter.n_steps, until, (before + self.counter.times(until))[:MAX_TIMES])
        return self._known[2]

    @property
    def is_worth_telling(self) -> bool:
        """Not a twitch: a repetition (two without a name), or a hold of some seconds."""
        if is_hold(self.exercise):
            return self.last_s - self.start_s >= MIN_HOLD_S
        return len(self.times()) >= (1 if self.exercise else 2)

    def to_json(self) -> dict[str, Any]:
        """What is stored: times in seconds of the sender's clock."""
        return {
            "exercise": self.exercise or None,
            "start_s": round(self.start_s, 2),
            "last_s": round(self.last_s, 2),
            "end_s": round(self.last_s, 2) if self.ended else None,
            "count": len(self.times()),
            "times": [round(at, 1) for at in self.times()],
        }


class SetBook:
    """Keeps the sets of one stream; fed with announcements and, once a second, with the motion track."""

    def __init__(self, track: MotionTrack, stored: Sequence[Mapping[str, Any]] = ()) -> None:
        self._track = track
        self.sets: list[SetRecord] = [_from_json(one) for one in stored]
        if self.sets and not self.sets[-1].ended:
            self._count_on(self.sets[-1], from_s=self.sets[-1].start_s)

    def announced(self, label: str | None, since_s: float, now_s: float) -> None:
        """What is announced now; None is nothing or rest. `since_s`: where the run of answers for it began."""
        last = self.sets[-1] if self.sets else None
        if label is None:
            if last is not None:
                last.ended = True
        elif last is None:
            self._open(label, since_s, now_s)
        elif last.exercise == label and since_s - last.last_s < SAME_SET_S:
            self._go_on(last, now_s)
        elif last.last_s - last.start_s < MISNAMED_S and since_s - last.last_s < SAME_SET_S / 2:
            self._rename(last, label, since_s, now_s)
        else:
            self._end(last)
            self._open(label, max(since_s, min(last.last_s, now_s - 1.0)), now_s)

    def step(self, now_s: float) -> None:
        """A second of the stream has passed."""
        last = self.sets[-1] if self.sets else None
        if last is None or last.counter is None:
            return
        last.counter.step(self._track)
        if last.ended and now_s - last.last_s > SAME_SET_S + SETTLED_S:
            self._end(last)

    def mark(self) -> tuple[Any, ...] | None:
        """Equal to an earlier one while what is told of the sets cannot have changed; costs next to nothing."""
        if not self.sets:
            return None
        last, counter = self.sets[-1], self.sets[-1].counter
        return (
            len(self.sets),
            last.start_s,
            last.exercise,
            last.ended,
            last.last_s if counter is None else 0.0,
            0 if counter is None else counter.n_steps,
        )

    def told(self) -> list[SetRecord]:
        """The sets that are worth telling, oldest first (only the last one can be too short)."""
        return self.sets if not self.sets or self.sets[-1].is_worth_telling else self.sets[:-1]

    def is_repeating(self, now_s: float) -> bool:
        """The set goes on: a repetition was done a moment ago."""
        if not self.sets or self.sets[-1].counter is None or self.sets[-1].ended:
            return False
        times = self.sets[-1].times()
        return bool(times) and now_s - times[-1] < REPEATING_S

    def break_off(self) -> None:
        """The samples stopped for a while: the present set is over."""
        if self.sets:
            self._end(self.sets[-1])

    def _open(self, label: str, start_s: float, now_s: float) -> None:
        if self.sets and not self.sets[-1].is_worth_telling:
            self.sets.pop()
        if len(self.sets) >= MAX_SETS:
            return
        record = SetRecord(label, start_s, now_s)
        self.sets.append(record)
        self._count_on(record, from_s=start_s)

    def _count_on(self, record: SetRecord, *, from_s: float) -> None:
        record.final, record.ended, record._known = None, False, None
        if is_hold(record.exercise):
            return
        record.counter = RepetitionCounter()
        record.counter.begin(from_s)
        record.counter.step(self._track)

    def _go_on(self, record: SetRecord, now_s: float) -> None:
        record.ended, record.last_s = False, now_s
        if record.counter is None and not is_hold(record.exercise):
            record.earlier = record.times()
            self._count_on(record, from_s=(record.earlier or [record.start_s])[-1])

    def _rename(self, record: SetRecord, label: str, since_s: float, now_s: float) -> None:
        before = self.sets[-2] if len(self.sets) > 1 else None
        if before is not None and before.exercise == label and since_s - before.last_s < REJOIN_S:
            self.sets.pop()
            self._go_on(before, now_s)
            return
        record.exercise = label
        self._go_on(record, now_s)

    def _end(self, record: SetRecord) -> None:
        record.ended = True
        record.final = record.times()
        record.counter = None


def _from_json(stored: Mapping[str, Any]) -> SetRecord:
    times = [float(at) for at in stored.get("times", ())]
    record = SetRecord(
        exercise=str(stored.get("exercise") or UNNAMED),
        start_s=float(stored["start_s"]),
        last_s=float(stored.get("last_s", stored.get("end_s") or stored["start_s"])),
        ended=stored.get("end_s") is not None,
        earlier=times,
    )
    if record.ended:
        record.final = times
    return record
