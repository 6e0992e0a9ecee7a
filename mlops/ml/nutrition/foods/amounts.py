"""The one place where an amount becomes grams, and grams become nutrients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlops.ml.contract import MLError

GRAM, MILLILITRE = "g", "ml"
MAX_AMOUNT = 100_000.0


class AmountUnknown(MLError):
    """The unit cannot be turned into grams for this food."""

    code = "unit_unknown"


@dataclass(frozen=True)
class Measures:
    """density_g_ml: grams of a millilitre, None where nobody knows; portions: name of a household measure → grams."""

    density_g_ml: float | None = None
    portions: Mapping[str, float] | None = None


def grams_of(amount: float, unit: str, measures: Measures) -> float:
    """Grams of an amount in g, in ml (by density alone: a millilitre is not a gram) or in portions of the food.

    Raises AmountUnknown.
    """
    if not 0 <= amount <= MAX_AMOUNT:  # also refuses NaN
        raise AmountUnknown(f"an amount is a number from 0 to {MAX_AMOUNT:.0f}")
    if unit == GRAM:
        return amount
    if unit == MILLILITRE:
        if measures.density_g_ml is None:
            raise AmountUnknown("nobody knows how much a millilitre of this food weighs")
        return amount * measures.density_g_ml
    try:
        return amount * (measures.portions or {})[unit]
    except KeyError:
        raise AmountUnknown(f"this food has no portion called {unit[:40]}") from None


def nutrients_of(per_100_g: Mapping[str, float | None], grams: float) -> dict[str, float]:
    """Nutrient → amount in `grams` of a food, in the nutrient's own unit; what is unknown is not there."""
    return {name: value * grams / 100 for name, value in per_100_g.items() if value is not None}


@dataclass(frozen=True)
class Total:
    """value: what is known of it; n_unknown: foods whose figure is missing, so that the truth is higher."""

    value: float
    n_unknown: int


def totals(foods: Iterable[tuple[Mapping[str, float | None], float]], names: Iterable[str]) -> dict[str, Total]:
    """Nutrient → its sum over (figures per 100 g, grams); an unknown figure is counted, never taken as zero."""
    eaten = [nutrients_of(per_100_g, grams) for per_100_g, grams in foods if grams > 0]
    return {
        name: Total(sum(one.get(name, 0.0) for one in eaten), sum(name not in one for one in eaten)) for name in names
    }


def per_100_g(foods: Iterable[tuple[Mapping[str, float | None], float]], cooked_g: float) -> dict[str, float]:
    """Figures of a dish per 100 g: what went in over what it weighs when it is ready. Only nutrients that are known
    of every ingredient. Raises AmountUnknown for a dish without weight."""
    parts = [(figures, grams) for figures, grams in foods if grams > 0]
    if cooked_g <= 0 or not parts:
        raise AmountUnknown("a dish needs ingredients and a weight")
    found = totals(parts, sorted({name for figures, _ in parts for name in figures}))
    return {name: total.value * 100 / cooked_g for name, total in found.items() if not total.n_unknown}
