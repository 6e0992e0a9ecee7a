"""Causal smoothing of landmarks: a One-Euro filter by time (Casiez, Roussel, Vogel 2012), at any frame rate.

Slow movement is smoothed strongly, fast movement follows with little delay. Speeds are measured in body lengths (the
scale of `measures.Scale`), so that neither the resolution nor the distance of the camera matters.
"""

from __future__ import annotations

from math import isnan, nan, pi

MIN_CUTOFF_HZ, BETA, SPEED_CUTOFF_HZ = 1.5, 2.0, 1.0
RESTART_S = 0.3
"""After a longer gap a filter starts anew: what was before says nothing."""


def alpha(cutoff_hz: float, dt_s: float) -> float:
    """Weight of a new value of a first-order low-pass: 1 / (1 + 1 / (2 π f Δt))."""
    return 1.0 / (1.0 + 1.0 / (2.0 * pi * cutoff_hz * dt_s))


class Point:
    """One landmark, x and y."""

    def __init__(self) -> None:
        self.t = nan
        self.x = self.y = self.vx = self.vy = 0.0

    def push(self, t: float, x: float, y: float, scale: float) -> tuple[float, float]:
        """The smoothed place; a missing one (NaN) is missing."""
        if isnan(x) or isnan(y):
            return nan, nan
        dt = t - self.t
        if isnan(dt) or dt > RESTART_S or isnan(scale):
            self.x, self.y, self.vx, self.vy = x, y, 0.0, 0.0
        elif dt > 0:
            a = alpha(SPEED_CUTOFF_HZ, dt)
            self.vx += a * ((x - self.x) / dt / scale - self.vx)
            self.vy += a * ((y - self.y) / dt / scale - self.vy)
            speed = (self.vx * self.vx + self.vy * self.vy) ** 0.5
            a = alpha(MIN_CUTOFF_HZ + BETA * speed, dt)
            self.x += a * (x - self.x)
            self.y += a * (y - self.y)
        self.t = t
        return self.x, self.y
