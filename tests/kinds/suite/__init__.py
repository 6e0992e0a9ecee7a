"""What every kind must keep, like scikit-learn's `check_estimator`: for whoever writes a kind.

    from tests.kinds.suite import World, check_kind

    check_kind(MyKind(), World(user=user, labels=("a", "b"), payloads=[Payload({"inputs": [[1, 2]]})]))

It declares, builds, loads, trains, judges, keeps, serves, decides, corrects and travels on a temporary folder, without
jobs and pages. A broken promise raises AssertionError with a sentence. Under a test runner `CHECKS` can be run one by
one on a `Case`; `tests/kinds/test_every_kind.py` then takes a kind through the engine.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.kinds.suite.case import Case, World
from tests.kinds.suite.corrections import CORRECTIONS
from tests.kinds.suite.data import DATA
from tests.kinds.suite.declaration import DECLARATION
from tests.kinds.suite.models import MODELS
from tests.kinds.suite.serving import SERVING
from tests.kinds.suite.travel import TRAVEL

CHECKS: tuple[Callable[[Case], None], ...] = (*DECLARATION, *DATA, *MODELS, *SERVING, *CORRECTIONS, *TRAVEL)

__all__ = ["CHECKS", "Case", "World", "check_kind"]


def check_kind(kind: Any, world: World) -> None:
    """Raise AssertionError at the first promise that a kind breaks."""
    with tempfile.TemporaryDirectory() as folder:
        case = Case(kind, world, Path(folder))
        for check in CHECKS:
            check(case)
