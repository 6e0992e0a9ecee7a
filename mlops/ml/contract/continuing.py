"""Going on from a fitted model: what it has seen, what is new, and what of the old is shown to it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract.errors import CannotContinue

LEAST_REPLAY = 1000
"""Examples that are shown again at least, where there are as many."""


@dataclass(frozen=True)
class Continuation:
    """before: the fitted model to go on from; fresh: (n,) True for the training examples that it has not seen."""

    before: Any
    fresh: npt.NDArray[np.bool_]

    def check(self, estimator: Any, train: Any, labels: tuple[str, ...]) -> None:
        """Raise CannotContinue unless this estimator can go on with these examples."""
        if not estimator.continues:
            raise CannotContinue(f"{estimator.title} can only be trained in full")
        if type(self.before) is not type(estimator) or not self.before.is_fitted:
            raise CannotContinue("the version to continue from is a model of another kind")
        if self.before.labels != labels:
            raise CannotContinue("the labels have changed since the version to continue from")
        if len(self.fresh) != len(train):
            raise CannotContinue(f"{len(self.fresh)} marks for {len(train)} examples")
        if not self.fresh.any():
            raise CannotContinue("nothing is new since the version to continue from")

    @property
    def share_new(self) -> float:
        """Of the training examples."""
        return float(self.fresh.mean())

    def replay(self, seed: int) -> tuple[npt.NDArray[np.intp], float]:
        """(places of the old examples to show again, how many each of them stands for).

        As many as are new, at least `LEAST_REPLAY`; drawn at random, so that labels and groups keep their shares.
        """
        known = np.flatnonzero(~self.fresh)
        n = min(len(known), max(int(self.fresh.sum()), LEAST_REPLAY))
        if n == 0:
            return known, 1.0
        chosen = np.sort(np.random.default_rng(seed).choice(known, n, replace=False))
        return chosen, len(known) / n

    def taught(self, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        """(places of everything that is taught: new and replayed, in order; the weight of each)."""
        again, weight = self.replay(seed)
        places = np.sort(np.concatenate([np.flatnonzero(self.fresh), again]))
        return places, np.where(self.fresh[places], 1.0, weight)
