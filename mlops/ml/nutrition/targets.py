"""Daily targets by rule, from body, training and goal. Not medical advice; every number has its source.

energy        resting: Mifflin & St Jeor, Am J Clin Nutr 1990; without height, age or sex the mean of what is unknown.
              Daily life × 1.4 (FAO/WHO/UNU 2001, light activity), training at 6 MET (Compendium of Physical
              Activities 2011, resistance training). Losing: at most 0.5 % of body mass a week (Garthe et al. 2011) and
              15 %; never below resting energy, nor below an energy availability of 30 kcal a kg of fat-free mass
              (Mountjoy et al., IOC consensus 2018, 2023). Nobody under 18 and nobody pregnant gets a deficit.
protein       0.83 g/kg for adults (EFSA 2012); 1.2 to 2.0 for who trains (Thomas, Erdman & Burke, ACSM 2016); 1.6 is
              where strength gains level off (Morton et al. 2018); more while losing (Hector & Phillips 2018).
fat           20 to 35 % of energy (ACSM 2016); aimed at: 28 %
carbohydrate  what is left of energy; beside it 3 to 10 g/kg by the length of training (Burke et al. 2011)
fibre         25 g (EFSA 2010)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Goal = Literal["keep", "gain", "lose"]
PROTEIN_G_KG = (0.8, 2.4)
"""Limits of every protein target, also of one that a model or a person sets."""
ADULT_YEARS, OLDER_YEARS = 18, 65
KCAL_A_KG = 7700.0
_DAILY_LIFE, _TRAINING_MET = 1.4, 6.0
_LOSS_A_WEEK, _LOSS_SHARE, _GAIN_SHARE, _MOST_GAIN_KCAL = 0.005, 0.15, 0.10, 300.0
_FAT_FREE, _AVAILABLE_KCAL = 0.8, 30.0
_FAT = 0.28
_PROTEIN_BY_MINUTES = ((60.0, 0.83), (150.0, 1.2), (300.0, 1.4), (float("inf"), 1.6))
"""Minutes of training a week below which so many g/kg are enough."""
_CARBOHYDRATE_BY_MINUTES = ((20.0, 3.0, 5.0), (60.0, 4.0, 6.0), (90.0, 5.0, 7.0), (float("inf"), 6.0, 10.0))
"""Minutes a day below which carbohydrate lies between so many g/kg."""


@dataclass(frozen=True)
class Body:
    """sex: "f", "m" or "" (not given); minutes_a_week: of training, None where nothing is known of it."""

    mass_kg: float
    height_m: float | None = None
    age: int | None = None
    sex: str = ""
    is_pregnant: bool = False
    minutes_a_week: float | None = None
    goal: Goal = "keep"

    @property
    def may_lose(self) -> bool:
        """An adult who said so, and not pregnant."""
        return not self.is_pregnant and self.age is not None and self.age >= ADULT_YEARS


@dataclass(frozen=True)
class Target:
    """A value to aim at between two that are as good; reasons: codes, see `REASONS`."""

    value: float
    low: float
    high: float
    reasons: tuple[str, ...] = ()


REASONS = (
    "little_training", "training", "gain", "lose", "no_deficit", "age_unknown", "floor", "older", "pregnant", "own",
)  # fmt: skip


def resting_kcal(body: Body) -> float:
    """Resting energy of a day; what is not known of a body is taken as the mean of adults."""
    height_cm = 100 * body.height_m if body.height_m else 170.0
    constant = {"m": 5.0, "f": -161.0}.get(body.sex, -78.0)
    return 10 * body.mass_kg + 6.25 * height_cm - 5 * (body.age or 35) + constant


def targets_by_rule(body: Body) -> dict[str, Target]:
    """Nutrient → target for a day: energy_kcal, protein_g, carbohydrate_g, fat_g, fibre_g."""
    return with_the_rest(body, _energy(body), protein_by_rule(body))


def with_the_rest(body: Body, energy: Target, protein: Target) -> dict[str, Target]:
    """Fat as a share of energy; carbohydrate is what is left of it, so that the three add up."""
    left = (energy.value * (1 - _FAT) - 4 * protein.value) / 4
    low, high = (per_kg * body.mass_kg for per_kg in _carbohydrate(body))
    return {
        "energy_kcal": energy,
        "protein_g": protein,
        "carbohydrate_g": Target(left, min(low, left), max(high, left)),
        "fat_g": Target(_FAT * energy.value / 9, 0.2 * energy.value / 9, 0.35 * energy.value / 9),
        "fibre_g": Target(25.0, 25.0, 40.0),
    }


def protein_by_rule(body: Body) -> Target:
    """Grams of protein for a day."""
    minutes = body.minutes_a_week or 0.0
    per_kg = next(enough for most, enough in _PROTEIN_BY_MINUTES if minutes < most)
    reasons = ["training" if per_kg >= 1.2 else "little_training"]
    for applies, least, reason in (
        (body.goal == "gain", 1.6, "gain"),
        (body.goal == "lose" and body.may_lose, 1.8, "lose"),
        (body.age is not None and body.age >= OLDER_YEARS, 1.2, "older"),
        (body.is_pregnant, 1.2, "pregnant"),
    ):
        if applies and per_kg < least:
            per_kg = least
            reasons.append(reason)
    least, most = PROTEIN_G_KG
    low, high = max(least, per_kg - 0.2), min(most, per_kg + 0.3)
    return Target(per_kg * body.mass_kg, low * body.mass_kg, high * body.mass_kg, tuple(reasons))


def energy_floor(body: Body) -> float:
    """kcal of a day below which no target goes, whoever sets it: all that is needed for who must not lose."""
    if not body.may_lose:
        return _needed(body)
    available = _AVAILABLE_KCAL * _FAT_FREE * body.mass_kg + _training_kcal(body)
    return max(resting_kcal(body), available)


def _energy(body: Body) -> Target:
    needed = _needed(body)
    reasons = ["training"] if _training_kcal(body) else []
    value = needed
    if body.goal == "gain":
        value += min(_GAIN_SHARE * needed, _MOST_GAIN_KCAL)
        reasons.append("gain")
    elif body.goal == "lose" and not body.may_lose:
        reasons.append("no_deficit" if body.is_pregnant or body.age is not None else "age_unknown")
    elif body.goal == "lose":
        value -= min(_LOSS_SHARE * needed, _LOSS_A_WEEK * body.mass_kg * KCAL_A_KG / 7)
        reasons.append("lose")
    floor = energy_floor(body)
    if value < floor:
        value, reasons = floor, [*reasons, "floor"]
    return Target(value, max(floor, 0.95 * value), 1.05 * value, tuple(reasons))


def _needed(body: Body) -> float:
    """To keep one's weight; a body whose energy availability would be low needs what makes it enough."""
    spent = _DAILY_LIFE * resting_kcal(body) + _training_kcal(body)
    return max(spent, _AVAILABLE_KCAL * _FAT_FREE * body.mass_kg + _training_kcal(body))


def _training_kcal(body: Body) -> float:
    """Of a mean day, above rest."""
    return (_TRAINING_MET - 1) * body.mass_kg * (body.minutes_a_week or 0.0) / 7 / 60


def _carbohydrate(body: Body) -> tuple[float, float]:
    minutes = (body.minutes_a_week or 0.0) / 7
    return next((low, high) for most, low, high in _CARBOHYDRATE_BY_MINUTES if minutes < most)
