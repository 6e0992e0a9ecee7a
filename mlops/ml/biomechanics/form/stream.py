"""Frames in, repetitions and holds out, each evaluated as it ends: for a camera that runs and for a whole clip alike.

    stream = FormStream("squat", aspect=608 / 1080)
    for t, landmarks in frames:
        for event in stream.push(t, landmarks):        # Event of a repetition or of a hold that ended
            print(event.number, event.judgement.score, event.judgement.cue)
    stream.finish()                                    # a hold that goes on until the end

The same in the browser: `static/sessions/form/stream.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.ml.biomechanics.form.counter import Counter, Swing
from mlops.ml.biomechanics.form.judge import Judgement, counts, judge, truth, view_of, windows_of
from mlops.ml.biomechanics.form.measures import Body, Measures
from mlops.ml.biomechanics.form.table import Exercise, exercise_for

LOST_S, MAX_FRAMES = 0.7, 1800
"""A posture lost for less is still held; a longer hold is evaluated on so many of its last frames."""


@dataclass(frozen=True)
class Event:
    """A repetition (or hold) that ended.

    start_s, peak_s, end_s     end: 80 % of the way back are done
    down_s, pause_s, up_s      towards the peak, within 10 % of it, back
    range                      of the signal, in its unit (degrees or trunk lengths)
    side                       left or right where each is counted by itself
    """

    number: int
    start_s: float
    peak_s: float
    end_s: float
    down_s: float
    pause_s: float
    up_s: float
    range: float
    side: str
    judgement: Judgement
    rows: dict[str, list[Measures]]


class Tracker:
    """Counts one exercise over frames that were measured already."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.n = 0
        self.last_end = -1e9
        self.hold = _Hold(exercise) if exercise.is_hold else None
        signal = exercise.signal
        sides = () if signal is None else (("left", "right") if signal.each else ("",))
        self.counters: list[Counter] = []
        if signal is not None:
            for side in sides:
                counter = Counter(signal.least, exercise.duration_s, side, from_effort=signal.from_effort)
                self.counters.append(counter)

    @property
    def phase(self) -> str:
        """rest, down or up of the side that moves; held for a hold that goes on."""
        if self.hold is not None:
            return "held" if self.hold.frames else "rest"
        return next((one.phase for one in self.counters if one.rising), "rest")

    def push(self, t: float, row: Measures | None) -> list[Event]:
        if self.hold is not None:
            return [] if row is None else self._held(self.hold.push(t, row))
        if row is None or self.exercise.signal is None:
            return []
        found: list[Event] = []
        for counter in self.counters:
            name = self.exercise.signal.measure + (f"_{counter.side}" if counter.side else "")
            swing = counter.push(t, self.exercise.signal.sign * row[name], row)
            event = None if swing is None else self._counted(swing)
            if event is not None and swing is not None:
                counter.accept(swing)
                found.append(event)
        return found

    def finish(self) -> list[Event]:
        """Nothing more comes: a hold that lasts until now counts; a repetition that was cut off doesn't."""
        return [] if self.hold is None else self._held(self.hold.finish())

    def _counted(self, swing: Swing) -> Event | None:
        rows = windows_of(swing)
        if not counts(self.exercise, rows, view_of(rows["all"]), swing.side):
            return None
        if swing.side and not _is_seen(rows["all"], swing.side):
            return None
        if swing.peak_s <= self.last_end:
            return None
        self.n, self.last_end = self.n + 1, swing.end_s
        t = [one.t for one in swing.samples]
        times = {
            "down_s": t[swing.reach] - t[swing.start],
            "up_s": t[-1] - t[swing.leave],
            "duration_s": t[-1] - t[swing.start],
        }
        judgement = judge(self.exercise, rows, times, swing.side)
        return Event(
            self.n, swing.start_s, swing.peak_s, swing.end_s, times["down_s"], t[swing.leave] - t[swing.reach],
            times["up_s"], swing.top - swing.base, swing.side, judgement, rows,
        )  # fmt: skip

    def _held(self, frames: list[tuple[float, Measures]]) -> list[Event]:
        if not frames:
            return []
        start, end = frames[0][0], frames[-1][0]
        if self.hold is not None:
            start = self.hold.began
        if end - start < self.exercise.least_s:
            return []
        self.n += 1
        rows = {"all": [row for _, row in frames]}
        judgement = judge(self.exercise, rows, {"duration_s": end - frames[0][0]})
        return [Event(self.n, start, start, end, 0.0, end - start, 0.0, 0.0, "", judgement, rows)]


class _Hold:
    """The stretch in which a posture is held."""

    def __init__(self, exercise: Exercise) -> None:
        self.posture = exercise.posture
        self.frames: list[tuple[float, Measures]] = []
        self.began = 0.0

    def push(self, t: float, row: Measures) -> list[tuple[float, Measures]]:
        """The frames of a hold that has just ended, or none."""
        ended: list[tuple[float, Measures]] = []
        if self.frames and t - self.frames[-1][0] > LOST_S:
            ended, self.frames = self.frames, []
        if all(truth(row[one.measure], one) >= 0.5 for one in self.posture):
            if not self.frames and not ended:
                self.began = t
            if not ended:
                self.frames.append((t, row))
                self.frames = self.frames[-MAX_FRAMES:]
        return ended

    def finish(self) -> list[tuple[float, Measures]]:
        ended, self.frames = self.frames, []
        return ended


class FormStream:
    """One exercise, frame by frame. aspect: width / height of the picture."""

    def __init__(self, exercise: str | Exercise, aspect: float) -> None:
        self.exercise = exercise_for(exercise) if isinstance(exercise, str) else exercise
        self.body = Body(aspect)
        self.tracker = Tracker(self.exercise)

    def push(self, t: float, landmarks: Sequence[Sequence[float]] | None) -> list[Event]:
        """t: seconds, rising; landmarks: 33 × (x, y, z, visibility) as shares of the picture, None where nobody is."""
        return self.tracker.push(t, self.body.push(t, landmarks))

    def finish(self) -> list[Event]:
        return self.tracker.finish()

    @property
    def phase(self) -> str:
        return self.tracker.phase


def _is_seen(rows: list[Measures], side: str) -> bool:
    """Whether that side is the better seen one, or seen well itself: a hidden arm is guessed."""
    mine = sorted(one[f"side_{side}"] for one in rows)
    other = sorted(one["side_right" if side == "left" else "side_left"] for one in rows)
    middle = len(rows) // 2
    return mine[middle] >= 0.6 or mine[middle] >= other[middle]
