"""What to show and say: answers of a window now and then become one steady announcement.

A single window may be wrong, and the windows of a live stream overlap, so that a wrong one rarely comes alone. A label
is announced once it was answered, without abstention, for long enough and often enough in a row; it is taken back when
other answers stood against it for some time, and at once when the body rests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

REST = "rest"
"""Announced while the body keeps still."""
HOLDS = frozenset({"plank", "side_plank", "wall_sit", "hold", "l_sit", "dead_hang", "hollow_hold", "bridge_hold"})
"""Exercises that keep still: stillness is no rest while they are answered, and they have no repetitions."""

AGREE = 3
"""Answers in a row that make an announcement …"""
AGREE_S = 1.2
"""… lasting at least so long from the first to the last."""
HOLD_AGREE_S = 3.2
"""Holds look most like rest: they take longer, and need a moment in which the body keeps still."""
LOST_S = 2.5
"""An announcement ends when nothing confirmed it for so long."""


@lru_cache(1024)
def is_hold(label: str | None) -> bool:
    """Whether a label names an exercise without repetitions."""
    return label is not None and label.strip().lower().replace(" ", "_").replace("-", "_") in HOLDS


@dataclass(slots=True)
class Announcer:
    """Fed with every answer of one stream, in order; `label` is what holds now, None for nothing."""

    label: str | None = None
    since_s: float = 0.0
    """Begin of the first window of the run that led to it."""
    _run: str | None = None
    _n: int = 0
    _run_from_s: float = 0.0
    _run_window_s: float = 0.0
    _confirmed_s: float = -1e18
    _was_still: bool = False

    def answer(
        self, label: str | None, start_s: float, end_s: float, *, resting: bool, moving: bool = False
    ) -> str | None:
        """Take the answer for the window [start_s, end_s]; None is an abstention. Returns what is announced.

        `moving`: the body moves as no hold does; a run of answers for a hold counts only with a still moment in it.
        """
        if resting and not is_hold(label):
            label = None
        if label is None or label != self._run:
            self._run, self._n, self._run_from_s, self._run_window_s = label, 0, end_s, start_s
            self._was_still = not is_hold(label)
        self._n += 1
        self._was_still = self._was_still or not moving
        if label is not None and label == self.label:
            self._confirmed_s = end_s
        elif label is not None and self._n >= AGREE and self._was_still and end_s - self._run_from_s >= _agree_s(label):
            self.label, self.since_s, self._confirmed_s = label, self._run_window_s, end_s
        elif self.label is not None and (end_s - self._confirmed_s >= LOST_S or (resting and not is_hold(self.label))):
            self.label = None
        return self.label

    def now(self, resting: bool) -> str | None:
        """The announcement as pages show it."""
        if self.label is not None:
            return self.label
        return REST if resting else None


def _agree_s(label: str) -> float:
    return HOLD_AGREE_S if is_hold(label) else AGREE_S
