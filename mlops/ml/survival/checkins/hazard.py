"""The generator's law: how likely burnout begins on a day. Written down so that its figures can be judged.

With z-values against a balanced person (stress 3 ± 1, sleep 7.5 ± 0.8 h, load ratio 1 ± 0.3) the daily strain is

    u(t) = 0.45·z_stress(t) − 0.35·z_sleep(t) + 0.30·z_load(t),

its memory a moving average with a time constant of 21 days,

    S(t) = S(t−1) + (u(t) − S(t−1)) / 21,

and the hazard of a day

    h(t) = h0 · exp(2·S(t) + 0.35·F),      h0 = 1/4000 per day,

where F ~ N(0, 1) is a person's frailty, which no feature shows. z_load is the daily load over the person's own
habitual load. For 60 days after burnout began, h = 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BASE_PER_DAY = 1 / 4000
STRESS, SLEEP, LOAD = 0.45, -0.35, 0.30
MEMORY_DAYS = 21.0
STRAIN, FRAILTY = 2.0, 0.35
RECOVERY_DAYS = 60

Vector = npt.NDArray[np.float64]


def daily_strain(stress: Vector, sleep_hours: Vector, load_ratio: Vector) -> Vector:
    """u(t) of one day for each person, from true (unrounded) values."""
    return STRESS * (stress - 3.0) + SLEEP * (sleep_hours - 7.5) / 0.8 + LOAD * (load_ratio - 1.0) / 0.3


def remember(strain: Vector, today: Vector) -> Vector:
    """S(t) from S(t−1) and u(t)."""
    return strain + (today - strain) / MEMORY_DAYS


def daily_hazard(strain: Vector, frailty: Vector) -> Vector:
    """h(t): the probability that burnout begins today, for somebody who is at risk."""
    return np.minimum(BASE_PER_DAY * np.exp(STRAIN * strain + FRAILTY * frailty), 0.2)
