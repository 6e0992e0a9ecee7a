"""Drift of what a model says: labels, numbers, widths of intervals and confidence, whichever its answers hold."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mlops.kinds.answers import Headline
from mlops.ml.drift import N_COARSE, Comparison, compare

COLUMNS = ("confidence", "label", "number", "interval width")
OTHERS = "all others"


def answers_compare(
    reference: Sequence[Sequence[Headline]],
    served: Sequence[Sequence[Headline]],
    *,
    labels: Sequence[str] = (),
    min_each: int,
) -> tuple[Comparison | None, list[str]]:
    """(what shifted, names of the label bins), group by group; None where both sides hold nothing that is comparable.

    The reference must be answers about groups the model did not learn from: of others it is surer. `labels` gives an
    order; the rarest of more than ten count as one.
    """
    bins = _label_bins([one.label for group in (*reference, *served) for one in group], labels)
    sides = [[_columns(group, bins) for group in side] for side in (reference, served)]
    known = [~np.isnan(np.concatenate(side)).all(axis=0) if side else np.zeros(len(COLUMNS), bool) for side in sides]
    kept = np.flatnonzero(known[0] & known[1])
    if not len(kept):
        return None, bins
    found = compare(
        [group[:, kept] for group in sides[0]],
        [group[:, kept] for group in sides[1]],
        [COLUMNS[i] for i in kept],
        categories={"label": len(bins)},
        min_each=min_each,
    )
    return found, bins


def _label_bins(said: Sequence[str], order: Sequence[str]) -> list[str]:
    counts = Counter(label for label in said if label)
    names = [*(label for label in map(str, order)), *sorted(set(counts) - set(map(str, order)))]
    if len(names) <= N_COARSE:
        return names
    common = {label for label, _ in counts.most_common(N_COARSE - 1)}
    return [*(name for name in names if name in common), OTHERS]


def _columns(group: Sequence[Headline], bins: Sequence[str]) -> npt.NDArray[np.float64]:
    """(n, COLUMNS), NaN for what an answer does not hold."""
    place = {name: number for number, name in enumerate(bins)}
    rows = np.full((len(group), len(COLUMNS)), np.nan)
    for row, one in zip(rows, group, strict=True):
        has_interval = one.low is not None and one.high is not None
        row[0] = np.nan if one.confidence is None else one.confidence
        row[1] = place.get(one.label, len(bins) - 1) if one.label else np.nan
        row[2] = np.nan if one.number is None else one.number
        row[3] = one.high - one.low if has_interval else np.nan  # type: ignore[operator]
    return rows
