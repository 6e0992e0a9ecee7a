"""Rest: a body that keeps still, judged against the stream's own noise floor."""

from __future__ import annotations

from dataclasses import dataclass

STILL = 2.2
"""Energy under this multiple of the floor is stillness …"""
STIR = 5.0
"""… and above this multiple it ends a rest at once."""
REST_AFTER_S = 5.0
"""Stillness of this length is rest: longer than a hold inside a slow repetition."""
MOVES_FOR_S = 3.0
"""A rest ends after so long without stillness: shifting one's weight does not end it."""


@dataclass(slots=True)
class RestDetector:
    """Fed once a second with (time, motion energy, floor); tells whether the body rests and since when.

    The two thresholds make it a Schmitt trigger: shifting weight neither ends nor delays a rest, moving does.
    """

    resting: bool = False
    since_s: float = 0.0
    """When the present rest (or movement) began."""
    _still_from: float | None = None
    _still_at: float = -1e18

    def reset(self) -> None:
        """After a break in the samples nothing is known."""
        self.resting, self._still_from, self._still_at = False, None, -1e18

    def step(self, t_s: float, energy: float, floor: float) -> bool:
        """Take the second that ends at `t_s`; returns whether `resting` changed."""
        was = self.resting
        still = energy < STILL * floor
        if still:
            self._still_at = t_s
            if self._still_from is None:
                self._still_from = t_s - 1.0
        elif energy > STIR * floor or t_s - self._still_at >= MOVES_FOR_S:
            self._still_from = None
        if self._still_from is None:
            if was:
                self.resting, self.since_s = False, max(self._still_at, t_s - MOVES_FOR_S)
        elif not was and t_s - self._still_from >= REST_AFTER_S:
            self.resting, self.since_s = True, self._still_from
        return self.resting != was
