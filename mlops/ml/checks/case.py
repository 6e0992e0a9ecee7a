"""One estimator with data and a small config: what the checks are run on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.items import ArrayItems, as_items
from mlops.ml.contract import Answers, BadShape, BadValue

EQUAL_WITHIN = 1e-4
SEED = 3


@dataclass
class Case:
    """`make_data(seed)` gives examples with their truth; `folder` is there to write into."""

    cls: Any
    make_data: Callable[[int], Any]
    config: dict[str, Any]
    folder: Path

    @cached_property
    def train(self) -> Any:
        return self.make_data(0)

    @cached_property
    def validation(self) -> Any:
        return self.make_data(1)

    @cached_property
    def test(self) -> Any:
        return self.make_data(2)

    @cached_property
    def fitted(self) -> Any:
        """The estimator, fitted once; no check may change it."""
        estimator = self.make()
        self.fit(estimator)
        return estimator

    @cached_property
    def answers(self) -> Answers:
        """What the fitted one says of the test examples."""
        found: Answers = self.fitted.answer(self.test)
        return found

    @property
    def name(self) -> str:
        return str(self.cls.name)

    @property
    def options(self) -> set[str]:
        """Names of the config's fields."""
        return {spec.name for spec in fields(self.cls.Config)}

    def make(self, **changed: Any) -> Any:
        """A fresh estimator with the small config."""
        return self.cls(self.cls.Config(**{**self.config, **changed}))

    def fit(self, estimator: Any, **more: Any) -> Any:
        """Fit with the usual data and seed; the report."""
        return estimator.fit(self.train, **{"validation": self.validation, "seed": SEED, **more})

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """A folder of its own, removed afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            yield Path(made)


def raises(kind: type[BaseException] | tuple[type[BaseException], ...], call: Callable[[], Any], sentence: str) -> None:
    """Call and insist on this error."""
    wanted = kind if isinstance(kind, tuple) else (kind,)
    try:
        call()
    except wanted:
        return
    except Exception as error:
        raise AssertionError(f"{sentence}; instead came {type(error).__name__}: {error}") from error
    raise AssertionError(f"{sentence}; nothing was raised")


def unusable_inputs(data: Any) -> Iterator[tuple[type[Exception], Any, str]]:
    """Examples of the same type that nobody can learn from or answer: the error, the examples, a word for them."""
    if hasattr(data, "items"):
        items = [as_items(data.items).load(i) for i in range(len(data))]
        yield BadShape, replace(data, items=ArrayItems([items[0][None], *items[1:]])), "an item of other dimensions"
        if np.issubdtype(items[0].dtype, np.floating):
            yield BadValue, replace(data, items=ArrayItems([items[0] * np.nan, *items[1:]])), "NaN in an item"
    elif getattr(data, "x", None) is not None and data.x.ndim == 3:
        x = data.x.copy()
        x[0] = np.nan
        yield BadValue, replace(data, x=x), "NaN in the input"


def gap(a: Answers, b: Answers) -> float:
    """The largest difference between two answers, infinity where they are of another kind."""
    if set(a) != set(b):
        return float("inf")
    return max((_gap(np.asarray(a[name]), np.asarray(b[name])) for name in a), default=0.0)


def _gap(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    if a.shape != b.shape:
        return float("inf")
    if not np.issubdtype(a.dtype, np.number):
        return 0.0 if np.array_equal(a, b) else float("inf")
    return float(np.abs(a.astype(np.float64) - b).max()) if a.size else 0.0
