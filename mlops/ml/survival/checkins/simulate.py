"""A generator of days of people who train: five kinds of lives, correlated in time, with burnout by a hazard.

Everything it makes is generated, not recorded: figures measured on it say what a model can learn from this law
(`mlops.ml.survival.checkins.hazard`) and nothing about people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import OnStep, ignore
from mlops.ml.survival.checkins import hazard
from mlops.ml.survival.checkins.days import NAMES, Days, Grid

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Archetype:
    """How a kind of person lives: means of a person's days and how restless they are.

    share         of all people
    stress        mean rating 1–7;  `stress_swing` sd of the slow waves in it
    sleep_hours   mean;  load  habitual daily load in AU;  load_ratio  mean of load over habit
    drift         change of stress per 100 days (somebody who is recovering falls, somebody at risk climbs)
    hrv_ms        mean RMSSD;  resting_hr  mean
    """

    share: float
    stress: float
    stress_swing: float
    sleep_hours: float
    load: float
    load_ratio: float
    drift: float
    hrv_ms: float
    resting_hr: float


ARCHETYPES = {
    "balanced": Archetype(0.30, 2.7, 0.55, 7.7, 280.0, 1.00, 0.0, 62.0, 60.0),
    "overworked": Archetype(0.20, 4.4, 0.65, 6.6, 330.0, 1.15, 0.10, 46.0, 66.0),
    "recovering": Archetype(0.15, 4.3, 0.60, 7.2, 200.0, 0.80, -0.60, 50.0, 64.0),
    "high_risk": Archetype(0.15, 4.0, 0.80, 6.7, 360.0, 1.20, 0.45, 48.0, 66.0),
    "athlete": Archetype(0.20, 2.9, 0.55, 8.0, 620.0, 1.05, 0.0, 82.0, 50.0),
}


@dataclass(frozen=True)
class Simulated:
    """Generated days and what only the generator knows.

    archetype  (people,) names
    hazard     (people, days) true probability that burnout begins on this day (0 while recovering)
    recovery   (people, days) 0–100: how recovered the person truly is
    """

    days: Days
    archetype: npt.NDArray[np.str_]
    hazard: Grid
    recovery: Grid
    _people: _People = field(repr=False)
    _states: dict[int, _State] = field(repr=False)

    def true_risk(
        self, day: int, horizon: int, *, people: npt.NDArray[np.intp] | None = None, copies: int = 100, seed: int = 0
    ) -> Vector:
        """(people,) probability that burnout begins in the `horizon` days after `day`, by living on `copies`
        times from the true state of that day (which `simulate` was asked to keep): what no model can beat.
        `people` are positions; None means all."""
        rng = np.random.default_rng((seed, day))
        who = np.repeat(np.arange(len(self.archetype)) if people is None else people, copies)
        everybody, state = self._people.take(who), self._states[day].take(who)
        free = np.ones(len(who))
        for ahead in range(day + 1, day + 1 + horizon):
            state = _next_day(state, everybody, ahead, rng)
            free *= 1.0 - _rate(state, everybody)
            state = replace(state, days_out=np.maximum(state.days_out - 1, 0))
        return 1.0 - free.reshape(-1, copies).mean(axis=1)


def simulate(
    n_people: int = 1000,
    n_days: int = 365,
    *,
    seed: int = 0,
    missing: float = 0.06,
    keep: Sequence[int] = (),
    on_step: OnStep = ignore,
) -> Simulated:
    """Generate days of `n_people`; the same seed gives the same days.

    missing  share of answers left out at random, half of it as whole days without a check-in
    keep     days whose true state is kept for `Simulated.true_risk`
    """
    rng = np.random.default_rng(seed)
    names = rng.choice(list(ARCHETYPES), n_people, p=[kind.share for kind in ARCHETYPES.values()])
    people = _People.draw(names, rng)
    state = _State.begin(people, rng)
    states: dict[int, _State] = {}
    grids = {name: np.empty((n_people, n_days)) for name in (*NAMES, "hazard", "recovery")}
    events = np.zeros((n_people, n_days), bool)
    at_risk = np.zeros((n_people, n_days), bool)
    for day in range(n_days):
        on_step(day, n_days)
        state = _next_day(state, people, day, rng)
        rate = _rate(state, people)
        at_risk[:, day] = state.days_out == 0
        events[:, day] = rng.random(n_people) < rate
        grids["hazard"][:, day] = rate
        for name, value in _observe(state, people, rng).items():
            grids[name][:, day] = value
        days_out = np.where(events[:, day], hazard.RECOVERY_DAYS, np.maximum(state.days_out - 1, 0))
        state = replace(state, days_out=days_out)
        if day in keep:
            states[day] = state
    rates, recovery = grids.pop("hazard"), grids.pop("recovery")
    _leave_out(grids, missing, rng)
    who = np.array([f"user-{number:04d}" for number in range(n_people)])
    return Simulated(Days(grids, events, at_risk, who), names, rates, recovery, people, states)


@dataclass(frozen=True)
class _Rows:
    """One value a person in every field."""

    def take(self, who: npt.NDArray[np.intp]) -> Any:
        """The people at these positions, each as often as it comes."""
        return type(self)(*(getattr(self, one.name)[who] for one in fields(self)))


@dataclass(frozen=True)
class _People(_Rows):
    """What stays the same in a person; each field is (people,)."""

    stress: Vector
    swing: Vector
    sleep: Vector
    load: Vector
    load_ratio: Vector
    drift: Vector
    hrv: Vector
    resting_hr: Vector
    frailty: Vector
    rest_day: Vector
    cycle_day: Vector

    @classmethod
    def draw(cls, names: Vector, rng: np.random.Generator) -> _People:
        def of(fact: str) -> Vector:
            return np.array([getattr(ARCHETYPES[name], fact) for name in names], float)

        n = len(names)
        return cls(
            stress=of("stress") + rng.normal(0, 0.40, n),
            swing=of("stress_swing") * rng.uniform(0.7, 1.3, n),
            sleep=of("sleep_hours") + rng.normal(0, 0.35, n),
            load=of("load") * np.exp(rng.normal(0, 0.25, n)),
            load_ratio=of("load_ratio") + rng.normal(0, 0.06, n),
            drift=of("drift") + rng.normal(0, 0.12, n),
            hrv=of("hrv_ms") * np.exp(rng.normal(0, 0.22, n)),
            resting_hr=of("resting_hr") + rng.normal(0, 4.0, n),
            frailty=rng.normal(0, 1, n),
            rest_day=rng.integers(0, 7, n).astype(np.float64),
            cycle_day=rng.integers(0, 28, n).astype(np.float64),
        )


@dataclass(frozen=True)
class _State(_Rows):
    """Where a person is today; each field is (people,)."""

    wave: Vector  # slow wave of life stress, AR(1), sd 1
    crisis: Vector  # rare blows that fade within weeks
    stress: Vector
    sleep: Vector
    load: Vector
    tired: Vector  # fatigue of the last days' load, in multiples of habit
    strain: Vector  # S(t) of the hazard
    days_out: Vector

    @classmethod
    def begin(cls, people: _People, rng: np.random.Generator) -> _State:
        n = len(people.stress)
        strain = hazard.daily_strain(people.stress, people.sleep, people.load_ratio)
        zero = np.zeros(n)
        return cls(rng.normal(0, 1, n), zero, people.stress, people.sleep, people.load, zero + 1, strain, zero)


def _rate(state: _State, people: _People) -> Vector:
    return np.where(state.days_out > 0, 0.0, hazard.daily_hazard(state.strain, people.frailty))


def _next_day(before: _State, people: _People, day: int, rng: np.random.Generator) -> _State:
    n = len(people.stress)
    out = before.days_out > 0
    wave = 0.96 * before.wave + np.sqrt(1 - 0.96**2) * rng.normal(0, 1, n)
    crisis = 0.95 * before.crisis + np.where(rng.random(n) < 0.004, rng.exponential(1.4, n), 0.0)
    slow = people.stress + people.swing * wave + people.drift * day / 100 + crisis
    stress = np.clip(0.6 * before.stress + 0.4 * (slow - 1.2 * out) + rng.normal(0, 0.25, n), 1, 7)
    want = people.sleep - 0.35 * (stress - people.stress) + 0.4 * out
    sleep = np.clip(0.35 * before.sleep + 0.65 * want + rng.normal(0, 0.55, n), 2.5, 12)
    week = (day + people.rest_day) % 7
    build = 0.85 + 0.12 * ((day + people.cycle_day) % 28 // 7)  # three weeks up, then an easy one
    build = np.where((day + people.cycle_day) % 28 >= 21, 0.65, build)
    ratio = np.where(week == 0, 0.0, 7 / 6) * people.load_ratio * build * np.where(out, 0.35, 1.0)
    load = people.load * ratio * np.exp(rng.normal(-0.03, 0.25, n))
    tired = 0.85 * before.tired + 0.15 * load / people.load
    today = hazard.daily_strain(stress, sleep, load / people.load)
    return replace(
        before,
        wave=wave,
        crisis=crisis,
        stress=stress,
        sleep=sleep,
        load=load,
        tired=tired,
        strain=hazard.remember(before.strain, today),
    )


def _observe(state: _State, people: _People, rng: np.random.Generator) -> dict[str, Vector]:
    """What the person answers and the watch measures: noisy, ratings in whole steps."""
    n = len(state.stress)

    def rating(true: Vector, noise: float) -> Vector:
        return np.clip(np.round(true + rng.normal(0, noise, n)), 1, 7)

    short = people.sleep - state.sleep
    recovery = np.clip(75 - 14 * state.strain - 12 * (state.tired - 1) - 6 * short, 0, 100)
    return {
        "sleep_hours": np.round(np.clip(state.sleep + rng.normal(0, 0.3, n), 0, 14), 1),
        "sleep_quality": rating(4.8 + 0.9 * (state.sleep - 7.5) - 0.5 * (state.stress - 3), 0.7),
        "stress": rating(state.stress, 0.7),
        "soreness": rating(1.5 + 1.8 * state.tired, 0.8),
        "mood": rating(5.0 - 0.7 * (state.stress - 3) - 0.4 * np.maximum(state.strain, 0), 0.8),
        "fatigue": rating(2.0 + 1.1 * state.tired + 0.9 * np.maximum(state.strain, 0) + 0.5 * short, 0.8),
        "workload": np.round(state.load),
        "hrv_rmssd": np.round(
            people.hrv * np.exp(-0.10 * state.strain - 0.10 * (state.tired - 1) + rng.normal(0, 0.12, n)), 1
        ),
        "resting_hr": np.round(
            people.resting_hr + 1.6 * state.strain + 2.0 * (state.tired - 1) + rng.normal(0, 1.6, n)
        ),
        "recovery": np.round(recovery, 1),
    }


def _leave_out(grids: dict[str, Grid], share: float, rng: np.random.Generator) -> None:
    shape = grids["stress"].shape
    whole = rng.random(shape) < share / 2
    for name, grid in grids.items():
        gone = rng.random(shape) < share / 2
        grid[gone if name == "workload" else gone | whole] = np.nan
