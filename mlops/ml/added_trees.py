"""How many trees a forest or a booster gets for new examples, and which ones go for them."""

from __future__ import annotations

import math
from typing import Any

LEAST, MOST = 0.1, 0.5
"""Share of the trees that are new after going on, whatever share of the examples is new."""


def added_trees(n_trees: int, share_new: float) -> int:
    """Twice the share of new examples, between a tenth and a half of all trees: a new tree knows old examples too, an
    old tree knows no new ones."""
    return max(1, math.ceil(n_trees * min(MOST, max(LEAST, 2 * share_new))))


def renewed(old: list[Any], new: list[Any]) -> list[Any]:
    """The new trees behind the old ones, of which the oldest go, so that a forest never grows by going on."""
    return old[len(new) :] + new
