"""How sure a figure is: 95 % intervals by drawing whole groups, and the gap between validation and test."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.kinds.base import TaskKind
from mlops.kinds.batches import picked
from mlops.kinds.judging import JudgingRules
from mlops.kinds.metric import Metric, is_number
from mlops.ml.contract import NotEnoughData
from mlops.ml.intervals import group_draws, groups_interval
from mlops.ml.metrics import paired_bootstrap

N_DRAWS = 200
"""Of groups, for metrics that are judged over many examples at once."""
MIN_GROUPS = 2
"""With fewer there is no spread between groups, and so no interval."""


def primary_of(kind: TaskKind, outputs: Any, data: Any) -> float:
    """The primary metric. Raises NotEnoughData for a draw in which it means nothing."""
    try:
        value = kind.primary_value(outputs, data)
    except (ValueError, ZeroDivisionError) as error:
        raise NotEnoughData(f"these {kind.example.words} are too few for {kind.primary.title}") from error
    if not is_number(value):
        raise NotEnoughData(f"these {kind.example.words} are too few for {kind.primary.title}")
    return value


def intervals_of(kind: TaskKind, outputs: Any, data: Any, named: Iterable[str] = ()) -> dict[str, Any]:
    """{"intervals": {metric: [low, high]}, "draws": […]} of the primary metric and of `named` ones, those of gates.

    Whole groups are drawn; without two of them there is no interval. `draws` are the primary metric in each draw, for
    kinds whose single examples have no value of their own: two versions judged on the same are then held against each
    other draw by draw. A draw in which the metric means nothing is None.
    """
    groups = np.asarray(data.groups)
    if len(np.unique(groups)) < MIN_GROUPS:
        return {"intervals": {}}
    found: dict[str, Any] = {"intervals": {}}
    values = kind.pair_values(outputs, data)
    if values is None:
        draws = [_or_none(kind, outputs, data, places) for places in group_draws(groups, N_DRAWS)]
        found["draws"] = draws
        if interval := _quantiles(draws):
            found["intervals"][kind.primary.name] = interval
    else:
        found["intervals"][kind.primary.name] = list(paired_bootstrap(values, np.zeros(len(values)), groups)[1:])
    for name in sorted(set(named) - {kind.primary.name}):
        try:
            found["intervals"][name] = list(groups_interval(_figure(kind, outputs, data, name), groups, n=N_DRAWS))
        except NotEnoughData:
            continue
    return found


def spread_of(kind: TaskKind, outputs: Any, data: Any) -> dict[str, Any] | None:
    """{"value", "low", "high", "n_groups", "n_examples"} of the primary metric; examples are drawn where there are too
    few groups to draw. None where it means nothing here."""
    groups = np.asarray(data.groups)
    n_groups = len(np.unique(groups))
    drawn = groups if n_groups >= MIN_GROUPS else np.arange(len(groups))
    values = kind.pair_values(outputs, data)
    try:
        value = primary_of(kind, outputs, data)
        if values is not None:
            _, low, high = paired_bootstrap(values, np.zeros(len(values)), drawn)
        else:
            low, high = groups_interval(
                lambda places: primary_of(kind, picked(outputs, places), data.take(places)), drawn, n=N_DRAWS
            )
    except NotEnoughData:
        return None
    return {"value": value, "low": low, "high": high, "n_groups": n_groups, "n_examples": len(data)}


def gap_of(metric: Metric, rules: JudgingRules, validation: Any, test: Any) -> dict[str, Any]:
    """{"validation", "test", "difference", "low", "high", "is_told"}: test minus validation of two `spread_of`.

    Nobody stands in both parts, so the distances to the ends of the intervals add as squares (Newcombe 1998). The gap
    is told where its interval leaves out zero and it is larger than what a version may be worse than another.
    """
    if validation is None or test is None:
        return {}
    difference = test["value"] - validation["value"]
    low = difference - math.hypot(test["value"] - test["low"], validation["high"] - validation["value"])
    high = difference + math.hypot(test["high"] - test["value"], validation["value"] - validation["low"])
    is_certain = low > 0 or high < 0
    is_told = is_certain and abs(difference) > metric.allowance(rules.worse_by, validation["value"])
    ends = {"difference": difference, "low": low, "high": high, "is_told": bool(is_told)}
    return {"validation": validation, "test": test, **ends}


def _figure(kind: TaskKind, outputs: Any, data: Any, name: str) -> Any:
    def figure(places: npt.NDArray[Any]) -> float:
        value = kind.evaluate(picked(outputs, places), data.take(places)).get(name)
        if not is_number(value):
            raise NotEnoughData(f"{name} is not defined here")
        assert value is not None
        return float(value)

    return figure


def _or_none(kind: TaskKind, outputs: Any, data: Any, places: npt.NDArray[Any]) -> float | None:
    try:
        return round(primary_of(kind, picked(outputs, places), data.take(places)), 6)
    except NotEnoughData:
        return None


def _quantiles(draws: list[float | None]) -> list[float] | None:
    known = [value for value in draws if value is not None]
    if 2 * len(known) < len(draws):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return [float(low), float(high)]
