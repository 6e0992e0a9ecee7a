"""What was measured about ways to choose examples for the queue: the curves and the table of the page.

`mlops/labelling.json` is written by `python -m benchmarks.active_learning --write`; `manage.py compare_labelling` plays
the same through on a task's own dataset.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from mlops.figures.figures import CurveFigure, line_figure
from web.numbers import spelled

RESULT = Path(__file__).resolve().parent.parent / "labelling.json"
USED = "spread_margin"
"""What the queue does."""


@dataclass(frozen=True)
class StrategyRow:
    """A strategy: labels it needs for what random choice reaches, as a share of random choice's, with intervals."""

    title: str
    needed: str
    share: str
    reached: str
    is_used: bool


@dataclass(frozen=True)
class StrategySet:
    """One set of examples that labelling was played through on."""

    name: str
    title: str
    about: str
    is_generated: bool
    goal: str
    figure: CurveFigure
    rows: list[StrategyRow]


def strategy_sets() -> list[StrategySet]:
    """Every measured set, the generated one first."""
    return [_set_of(one) for one in _measured()]


def strategy_title(name: str) -> str:
    """A strategy as people call it."""
    titles = {
        "random": _("Random choice"),
        "least_confident": _("Least confident"),
        "margin": _("Smallest gap between the two best labels"),
        "entropy": _("Largest entropy"),
        "spread_margin": _("Smallest gap, unlike each other"),
    }
    return titles.get(name, name.replace("_", " ").capitalize())


def set_title(name: str) -> str:
    """A set as people call it."""
    titles = {
        "generated": _("Generated athletes with rare labels"),
        "landmarks": _("Real squats, body landmarks"),
        "therapy": _("Real physical therapy, motion sensors"),
    }
    return titles.get(name, name)


@cache
def _measured() -> tuple[Mapping[str, Any], ...]:
    try:
        return tuple(json.loads(RESULT.read_text("utf-8")))
    except OSError:
        return ()


def _set_of(one: Mapping[str, Any]) -> StrategySet:
    rows: Sequence[Mapping[str, Any]] = one["strategies"]
    series = [
        (strategy_title(row["strategy"]), list(zip(map(float, row["n_labels"]), row["mean"], strict=True)))
        for row in rows
    ]
    drawn = line_figure(_("F1 (macro)"), series, 1.0, word="label")
    ends = ", ".join(f"{name} {spelled(points[-1][1], '.3f')}" for name, points in series)
    said = _("With %(n)s labels: %(ends)s.") % {"n": f"{rows[0]['n_labels'][-1]}", "ends": ends}
    columns = [_("Labels"), *drawn.columns[1:]]
    return StrategySet(
        one["set"], set_title(one["set"]), one["about"], bool(one["generated"]), spelled(rows[0]["goal"], ".3f"),
        replace(drawn, summary=said, columns=columns), [_row(row) for row in rows],
    )  # fmt: skip


def _row(row: Mapping[str, Any]) -> StrategyRow:
    def told(values: Sequence[float], style: str) -> str:
        mean, low, high = (spelled(value, style) for value in values)
        return _("%(mean)s (%(low)s to %(high)s)") % {"mean": mean, "low": low, "high": high}

    reached = _("%(n)s of %(all)s") % {"n": row["reached"], "all": row["n_seeds"]}
    return StrategyRow(
        strategy_title(row["strategy"]), told(row["needed"], ".0f"), told(row["share"], ".2f"), reached,
        row["strategy"] == USED,
    )  # fmt: skip
