"""Do people who label the same thing agree more than chance would make them?

What counts as the same is told by `alike`: equal, unless something else is given, such as numbers near each other.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

Alike = Callable[[Any, Any], bool]


def krippendorff_alpha(units: Sequence[Sequence[Hashable]], alike: Alike = operator.eq) -> float | None:
    """Krippendorff's alpha: 1 − observed / expected disagreement (Krippendorff 2004, ch. 11), where two that are not
    alike disagree fully.

    Each unit holds what its people said, any number of them; those with fewer than two are left out. None when
    nothing can be said: no such unit, or everybody always says the same one thing.

    >>> krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"], ["b", "b"]])
    0.533...
    """
    observed, margins = 0.0, Counter[Hashable]()
    for unit in units:
        said = Counter(unit)
        n = sum(said.values())
        if n < 2:
            continue
        margins.update(said)
        pairs = sum(n_one * n_other for a, n_one in said.items() for b, n_other in said.items() if not alike(a, b))
        observed += pairs / (n - 1)
    total = sum(margins.values())
    expected = sum(margins[a] * margins[b] for a in margins for b in margins if not alike(a, b))
    return float(1 - (total - 1) * observed / expected) if expected else None


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable], alike: Alike = operator.eq) -> float | None:
    """Cohen's kappa of two people on the same things (Cohen 1960); None when chance alone would agree always."""
    n = len(first)
    if n == 0 or n != len(second):
        return None
    observed = sum(map(alike, first, second)) / n
    mine, theirs = Counter(first), Counter(second)
    chance = sum(mine[a] * theirs[b] for a in mine for b in theirs if alike(a, b)) / (n * n)
    return None if chance == 1 else (observed - chance) / (1 - chance)
