"""What every estimator must keep, of any data type and of any app: like scikit-learn's `check_estimator`.

    from mlops.ml.checks import check_estimator

    check_estimator(MyModel, make_data, config={"epochs": 3})

`make_data(seed)` gives a few dozen examples with their truth; other seeds give other examples of the same kind. The
config should train in about a second and, where the model is resumable, for three epochs or more. A broken promise
raises AssertionError with a sentence. Under a test runner `CHECKS` can be run one by one on a `Case`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlops.ml.checks.answering import ANSWERING
from mlops.ml.checks.case import Case
from mlops.ml.checks.keeping import KEEPING
from mlops.ml.checks.learning import LEARNING
from mlops.ml.checks.settings import SETTINGS

CHECKS: tuple[Callable[[Case], None], ...] = (*SETTINGS, *LEARNING, *ANSWERING, *KEEPING)

__all__ = ["CHECKS", "Case", "check_estimator"]


def check_estimator(cls: type, make_data: Callable[[int], Any], *, config: Mapping[str, Any] | None = None) -> None:
    """Raise AssertionError at the first promise that an estimator breaks."""
    with tempfile.TemporaryDirectory() as folder:
        case = Case(cls, make_data, dict(config or {}), Path(folder))
        for check in CHECKS:
            check(case)
