"""Splits that do not leak: all windows of one subject (or video) stay in one part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, IntArray, NotEnoughData


class Split(dict[str, IntArray]):
    """Part name ("train", "val", "test") → sorted window positions.

    `leaky` is True when overlapping windows of one person may lie in two parts: its scores are then too
    good, and whoever shows them must say so.
    """

    leaky: bool

    def __init__(self, parts: dict[str, IntArray], *, leaky: bool = False) -> None:
        super().__init__(parts)
        self.leaky = leaky


def leave_subjects_out(
    groups: npt.NDArray[Any],
    seed: int = 0,
    *,
    val_fraction: float = 0.15,
    test_fraction: float = 0.15,
) -> Split:
    """Split window positions by subject into train, val and test.

    A part with a fraction above zero gets at least one subject, and at least one stays for training.
    Raises NotEnoughData when there are too few subjects, BadValue for impossible fractions.
    """
    _check_fractions(val_fraction, test_fraction)
    subjects = np.unique(groups)
    n_val = _share(len(subjects), val_fraction)
    n_test = _share(len(subjects), test_fraction)
    while n_val + n_test >= len(subjects) and max(n_val, n_test) > 1:
        if n_val >= n_test:
            n_val -= 1
        else:
            n_test -= 1
    if n_val + n_test >= len(subjects):
        raise NotEnoughData(f"{len(subjects)} subjects are too few for {1 + n_val + n_test} parts")
    mixed = np.random.default_rng(seed).permutation(subjects)
    chosen = {"train": mixed[n_val + n_test :], "val": mixed[:n_val], "test": mixed[n_val : n_val + n_test]}
    return Split({part: np.flatnonzero(np.isin(groups, who)) for part, who in chosen.items()})


def leave_one_out(groups: npt.NDArray[Any]) -> Iterator[tuple[str, Split]]:
    """Yield (subject, split) with that subject as "test" and all others as "train", in sorted order."""
    subjects = np.unique(groups)
    if len(subjects) < 2:
        raise NotEnoughData("leaving one subject out needs at least two")
    for subject in subjects:
        is_test = groups == subject
        yield str(subject), Split({"train": np.flatnonzero(~is_test), "test": np.flatnonzero(is_test)})


def random_split(n: int, seed: int = 0, *, val_fraction: float = 0.2, test_fraction: float = 0.0) -> Split:
    """Split `n` windows at random. Neighbours overlap, so the result is marked leaky."""
    _check_fractions(val_fraction, test_fraction)
    n_val, n_test = _share(n, val_fraction), _share(n, test_fraction)
    if n_val + n_test >= n:
        raise NotEnoughData(f"{n} windows are too few to split")
    mixed = np.random.default_rng(seed).permutation(n).astype(np.int64)
    return Split(
        {
            "train": np.sort(mixed[n_val + n_test :]),
            "val": np.sort(mixed[:n_val]),
            "test": np.sort(mixed[n_val : n_val + n_test]),
        },
        leaky=True,
    )


def _check_fractions(val_fraction: float, test_fraction: float) -> None:
    if not (0 <= val_fraction < 1 and 0 <= test_fraction < 1 and val_fraction + test_fraction < 1):
        raise BadValue("the fractions must be at least 0 and together below 1")


def _share(n: int, fraction: float) -> int:
    return max(1, round(n * fraction)) if fraction > 0 else 0
