"""A person's lengths, as shares of body height.

Segment lengths: Drillis & Contini 1966, "Body Segment Parameters", as reprinted by Winter 2009, "Biomechanics and Motor
Control of Human Movement", figure 4.1. Between hip joints and between shoulder joints we take less than the breadth of
the bones, because landmarks lie in the joints. People differ by a standard deviation of 4 % in each length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHARES = {
    "thigh": 0.245, "shank": 0.246, "ankle_height": 0.039, "toe": 0.112, "heel": 0.040, "trunk": 0.288, "neck": 0.112,
    "upper_arm": 0.186, "forearm": 0.146, "hand": 0.060, "shoulders": 0.220, "hips": 0.120,
}  # fmt: skip
"""toe: from the ankle ahead to the tip; heel: from the ankle back; hand: from the wrist to the knuckles."""
VARIATION = 0.04
MEAN_HEIGHT_M, SD_HEIGHT_M = 1.72, 0.09


@dataclass(frozen=True)
class Body:
    """Lengths in metres; `trunk` is from the middle of the hips to the middle of the shoulders when upright.

    ankle_limit  how far the shin can lean forward, degrees
    """

    height: float
    thigh: float
    shank: float
    ankle_height: float
    toe: float
    heel: float
    trunk: float
    neck: float
    upper_arm: float
    forearm: float
    hand: float
    shoulders: float
    hips: float
    ankle_limit: float

    @property
    def arm(self) -> float:
        return self.upper_arm + self.forearm

    @property
    def leg(self) -> float:
        return self.thigh + self.shank


def make_body(seed: int, *, height_m: float | None = None) -> Body:
    """A person of this number; the same number is the same person."""
    rng = np.random.default_rng([seed, 1])
    drawn = float(np.clip(rng.normal(MEAN_HEIGHT_M, SD_HEIGHT_M), 1.48, 2.02))
    height = height_m or drawn
    spread = np.clip(rng.normal(0.0, VARIATION, len(SHARES)), -0.1, 0.1)
    lengths = {name: height * share * (1 + float(s)) for (name, share), s in zip(SHARES.items(), spread, strict=True)}
    return Body(height, **lengths, ankle_limit=float(rng.uniform(26.0, 38.0)))


def average_body(height_m: float = MEAN_HEIGHT_M) -> Body:
    """The person of the tables."""
    return Body(height_m, **{name: height_m * share for name, share in SHARES.items()}, ankle_limit=32.0)
