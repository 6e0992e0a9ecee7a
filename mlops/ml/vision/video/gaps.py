"""Where the subject is missing: short gaps are filled linearly and marked, long ones stay open and are named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SHORT_S = 0.25


@dataclass(frozen=True)
class Gap:
    """Rows first … last are missing; both included."""

    first: int
    last: int


def gaps_of(is_seen: npt.NDArray[np.bool_]) -> list[Gap]:
    """All runs of rows in which nobody is seen."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], is_seen, [True]]).astype(np.int8)))
    return [Gap(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def fill_short(
    values: npt.NDArray[np.float32], is_seen: npt.NDArray[np.bool_], t_s: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Fill gaps of at most 0.25 s between two seen rows, in place; returns which rows were filled.

    values  (rows, …); a gap lasts from its first missing row to the next one seen
    """
    is_filled = np.zeros(len(is_seen), bool)
    for gap in gaps_of(is_seen):
        before, after = gap.first - 1, gap.last + 1
        if before < 0 or after >= len(is_seen) or t_s[after] - t_s[gap.first] > SHORT_S + 1e-9:
            continue
        rows = slice(gap.first, after)
        share = (t_s[rows] - t_s[before]) / (t_s[after] - t_s[before])
        share = share.reshape(-1, *[1] * (values.ndim - 1))
        values[rows] = (1 - share) * values[before] + share * values[after]
        is_filled[rows] = True
    return is_filled
