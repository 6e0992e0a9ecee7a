"""Recipes: how each kind makes its shipped models from nothing, for `manage.py train_all_production_models`.

An app registers one from its `declarations.register()`; the command then generates, trains, evaluates, registers,
prints the gates, reloads every artifact and asks it once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Say = Callable[[str], None]


@dataclass(frozen=True)
class Batch:
    """What a recipe is asked for: artifacts below `root`, small ones for a try when `quick`, from one seed."""

    root: Path
    quick: bool
    seed: int
    say: Say


@dataclass(frozen=True)
class Recipe:
    """How one kind's shipped models are made.

    kind  the TaskKind they belong to
    data  in words, for the table, where a manifest does not say what it was measured on
    make  batch → artifact folders root/<task>/<name>, each with its metrics in the manifest
    """

    name: str
    kind: str
    data: str
    make: Callable[[Batch], list[Path]]
    order: int = 50


_recipes: dict[str, Recipe] = {}


def register(recipe: Recipe) -> None:
    """Offer it to the command; the same name again replaces it."""
    _recipes[recipe.name] = recipe


def recipe_of(kind: str) -> Recipe | None:
    """The recipe that makes models of a kind."""
    return next((one for one in recipes() if one.kind == kind), None)


def recipes() -> list[Recipe]:
    return sorted(_recipes.values(), key=lambda one: (one.order, one.name))
