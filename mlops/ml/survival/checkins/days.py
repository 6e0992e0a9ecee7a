"""Days of people: one value per person, day and question; what was not answered is NaN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape

Grid = npt.NDArray[np.float64]
"""(people, days) float64, NaN where nothing is known."""


@dataclass(frozen=True)
class Question:
    """One number of a day: its unit and the range in which an answer can be believed."""

    name: str
    unit: str
    least: float
    most: float


QUESTIONS = (
    Question("sleep_hours", "h", 0, 24),
    Question("sleep_quality", "1–7, 7 best", 1, 7),
    Question("stress", "1–7, 7 worst", 1, 7),
    Question("soreness", "1–7, 7 worst", 1, 7),
    Question("mood", "1–7, 7 best", 1, 7),
    Question("fatigue", "1–7, 7 worst", 1, 7),
    Question("workload", "AU (session RPE × minutes)", 0, 10_000),
    Question("hrv_rmssd", "ms", 1, 400),
    Question("resting_hr", "1/min", 25, 150),
)
"""Ratings run from 1 to 7 as in Hooper & Mackinnon, Sports Med 20 (1995) 321; load after Foster et al. (2001)."""
NAMES = tuple(question.name for question in QUESTIONS)


@dataclass(frozen=True)
class Days:
    """The days of some people, all on one axis of consecutive days.

    values    question name → (people, days) float64, NaN for no answer (never zero)
    events    (people, days) bool: the outcome began on this day
    at_risk   (people, days) bool: followed, and not still recovering from an outcome
    people    (people,) who they are: pseudonyms or numbers
    """

    values: Mapping[str, Grid]
    events: npt.NDArray[np.bool_]
    at_risk: npt.NDArray[np.bool_]
    people: npt.NDArray[np.str_]

    def __post_init__(self) -> None:
        shape = self.events.shape
        if set(self.values) != set(NAMES):
            raise BadShape(f"days need exactly the questions {', '.join(NAMES)}")
        if self.at_risk.shape != shape or any(grid.shape != shape for grid in self.values.values()):
            raise BadShape("all grids of days must have one shape (people, days)")
        if len(self.people) != shape[0]:
            raise BadShape(f"{shape[0]} rows of days but {len(self.people)} people")

    @property
    def n_days(self) -> int:
        """Days on the axis."""
        return int(self.events.shape[1])

    def take(self, which: npt.NDArray[np.intp]) -> Days:
        """The days of some of the people."""
        values = {name: grid[which] for name, grid in self.values.items()}
        return Days(values, self.events[which], self.at_risk[which], self.people[which])
