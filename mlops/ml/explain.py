"""Which inputs a model relies on: what is lost when one of them is taken from another example."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlops.ml.contract import FloatArray, IntArray, OnStep, ignore

Score = Callable[[FloatArray, IntArray], float]
"""``score(x, kept)``: the figure of merit of some examples; `kept` are their positions in the full array."""


def permutation_importance(
    score: Score,
    x: FloatArray,
    *,
    axis: int = 1,
    n_repeats: int = 3,
    max_examples: int = 512,
    seed: int = 0,
    on_step: OnStep = ignore,
) -> list[tuple[float, float]]:
    """Return for every position along `axis` the (mean, spread) of score lost when it is shuffled.

    x     (n, …) examples; with axis 1 a table's columns, with axis 2 the channels of windows
    A whole column (or channel) of an example is replaced by that of another example, so its own course stays
    plausible. At most `max_examples` examples, drawn with `seed`, are used. Source: Breiman 2001; Fisher,
    Rudin and Dominici 2019.
    """
    rng = np.random.default_rng(seed)
    kept = np.sort(rng.permutation(len(x))[:max_examples]).astype(np.int64)
    few = np.ascontiguousarray(x[kept])
    whole = score(few, kept)
    found = []
    n_inputs = x.shape[axis]
    where: list[slice | int] = [slice(None)] * x.ndim
    for number in range(n_inputs):
        losses = np.empty(n_repeats)
        for repeat in range(n_repeats):
            shuffled = few.copy()
            where[axis] = number
            shuffled[tuple(where)] = few[rng.permutation(len(few))][tuple(where)]
            losses[repeat] = whole - score(shuffled, kept)
            on_step(number * n_repeats + repeat + 1, n_inputs * n_repeats)
        found.append((float(losses.mean()), float(losses.std())))
    return found
