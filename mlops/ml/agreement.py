"""Do people who label the same thing agree more than chance would make them?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence


def krippendorff_alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for categories: 1 − observed / expected disagreement (Krippendorff 2004, ch. 11).

    Each unit holds what its people said, any number of them; those with fewer than two are left out. None when
    nothing can be said: no such unit, or everybody always says the same one thing.

    >>> krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"], ["b", "b"]])
    0.533...
    """
    pairs: Counter[tuple[Hashable, Hashable]] = Counter()
    for unit in units:
        said = Counter(unit)
        n = sum(said.values())
        if n < 2:
            continue
        for one, n_one in said.items():
            for other, n_other in said.items():
                pairs[one, other] += (n_one * (n_other - (one == other))) / (n - 1)  # type: ignore[assignment]
    total = sum(pairs.values())
    margins: Counter[Hashable] = Counter()
    for (one, _), count in pairs.items():
        margins[one] += count
    expected = sum(margins[a] * margins[b] for a in margins for b in margins if a != b)
    if not expected:
        return None
    observed = sum(count for (one, other), count in pairs.items() if one != other)
    return float(1 - (total - 1) * observed / expected)


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Cohen's kappa of two people on the same things (Cohen 1960); None when chance alone would agree always."""
    n = len(first)
    if n == 0 or n != len(second):
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    mine, theirs = Counter(first), Counter(second)
    chance = sum(mine[label] * theirs[label] for label in mine) / (n * n)
    return None if chance == 1 else (observed - chance) / (1 - chance)
