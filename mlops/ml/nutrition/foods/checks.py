"""What looks wrong in the figures of a food: found, named, and emptied where it cannot be true.

Energy is compared with 4 kcal a gram of protein and carbohydrate, 9 of fat, 7 of alcohol and 2 of fibre: the general
factors of Regulation (EU) No 1169/2011, annex XIV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FACTORS = {"protein_g": 4.0, "carbohydrate_g": 4.0, "fat_g": 9.0, "alcohol_g": 7.0, "fibre_g": 2.0}
KJ_PER_KCAL = 4.184
MAX_KCAL = 902.0
"""Of 100 g: pure fat, in the tables of the USDA."""
GRAMS = (
    "protein_g", "carbohydrate_g", "fat_g", "fibre_g", "sugar_g", "saturated_fat_g", "salt_g", "alcohol_g",
)  # fmt: skip
_NEAR, _LEAST_KCAL = 0.2, 25.0
"""Difference that is not doubted: share of the larger of both, and kcal of 100 g."""
_OVER_100_G = 105.0

ENERGY_IN_KJ, ENERGY_DIFFERS, TOO_MUCH, IMPOSSIBLE, TINY_SERVING, PER_SERVING = (
    "energy_in_kj", "energy_differs", "too_much", "impossible", "tiny_serving", "per_serving",
)  # fmt: skip
FLAGS = (ENERGY_IN_KJ, ENERGY_DIFFERS, TOO_MUCH, IMPOSSIBLE, TINY_SERVING, PER_SERVING)


@dataclass(frozen=True)
class Checked:
    """figures per 100 g without what cannot be; flags: codes of what was found, in the order of FLAGS."""

    figures: dict[str, float]
    flags: list[str]


def energy_of(figures: Mapping[str, float | None]) -> tuple[float, float] | None:
    """Least and most kcal of 100 g by the factors; None where protein, carbohydrate or fat is unknown.

    Labels of the EU give carbohydrate without fibre, tables of the USDA with it: both are allowed for.
    """
    if any(figures.get(name) is None for name in ("protein_g", "carbohydrate_g", "fat_g")):
        return None
    known = {name: figures.get(name) or 0.0 for name in FACTORS}
    most = sum(FACTORS[name] * value for name, value in known.items())
    fibre = min(known["fibre_g"], known["carbohydrate_g"])
    return most - (FACTORS["carbohydrate_g"] + FACTORS["fibre_g"]) * fibre, most


def checked(figures: Mapping[str, float | None]) -> Checked:
    """Figures per 100 g as given → without what cannot be true, and what is doubted."""
    known = {name: float(value) for name, value in figures.items() if value is not None and value == value}
    flags = set()
    for name in [one for one in GRAMS if one in known]:
        if not 0 <= known[name] <= 100:
            del known[name]
            flags.add(IMPOSSIBLE)
    parts = sum(known.get(name, 0.0) for name in ("protein_g", "carbohydrate_g", "fat_g", "alcohol_g"))
    if parts > _OVER_100_G:
        flags.add(TOO_MUCH)
    energy, by_factors = known.get("energy_kcal"), energy_of(known)
    if energy is not None:
        if by_factors is not None and not _between(energy, *by_factors):
            if energy > by_factors[1] and _between(energy / KJ_PER_KCAL, *by_factors):
                known["energy_kcal"] = energy / KJ_PER_KCAL
                flags.add(ENERGY_IN_KJ)
            else:
                flags.add(ENERGY_DIFFERS)
        if not 0 <= known["energy_kcal"] <= MAX_KCAL:
            del known["energy_kcal"]
            flags.add(IMPOSSIBLE)
    return Checked(known, [one for one in FLAGS if one in flags])


def from_serving(figures: Mapping[str, float | None], serving_g: float | None) -> Checked:
    """Figures of one serving → per 100 g. A serving of unknown weight, or below a gram (rounded to nothing), gives
    nothing: unknown is not zero."""
    if serving_g is None or not serving_g >= 1:
        return Checked({}, [TINY_SERVING] if serving_g is not None else [PER_SERVING])
    return checked({name: None if value is None else value * 100 / serving_g for name, value in figures.items()})


def per_serving_taken_for_100_g(
    figures: Mapping[str, float | None], servings: Mapping[str, float | None], serving_g: float | None
) -> bool:
    """Figures "per 100 g" that equal those of a serving of another weight are the serving's."""
    if serving_g is None or abs(serving_g - 100) < 5:
        return False
    both = [(a, b) for name, a in figures.items() if a is not None and (b := servings.get(name)) is not None]
    telling = [(a, b) for a, b in both if max(a, b) > 1]
    return len(telling) >= 2 and all(abs(a - b) <= 0.02 * max(a, b) for a, b in telling)


def _between(energy: float, least: float, most: float) -> bool:
    return least - max(_LEAST_KCAL, _NEAR * least) <= energy <= most + max(_LEAST_KCAL, _NEAR * energy)
