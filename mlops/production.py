"""Productions: how each kind makes its shipped models from nothing, for `manage.py train_all_production_models`.

An app registers one from its `declarations.register()`; the command then generates, trains, judges, registers, prints
the gates, reloads every artifact and asks it once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What a production is asked for: artifacts below `root`, small ones for a try when `quick`, from one seed."""

    root: Path
    quick: bool
    seed: int
    say: Say


def zeros(manifest: Mapping[str, Any]) -> Any:
    """One example for a classifier of windows."""
    return np.zeros((1, manifest["window_spec"]["length"], len(manifest["layout"]["channels"])), np.float32)


@dataclass(frozen=True)
class Production:
    """How one kind's models are made.

    kind     the TaskKind they belong to
    data     in words, for the table, where a manifest does not say what it was measured on
    make     order → artifact folders root/<task>/<name>, each with its metrics in the manifest
    example  manifest → one input for the kind's scorer
    """

    name: str
    kind: str
    data: str
    make: Callable[[Order], list[Path]]
    example: Callable[[Mapping[str, Any]], Any] = zeros
    order: int = 50


_productions: dict[str, Production] = {}


def register(production: Production) -> None:
    """Offer it to the command; the same name again replaces it."""
    _productions[production.name] = production


def production_of(kind: str) -> Production | None:
    """The production that makes models of a kind."""
    return next((one for one in productions() if one.kind == kind), None)


def productions() -> list[Production]:
    return sorted(_productions.values(), key=lambda one: (one.order, one.name))
