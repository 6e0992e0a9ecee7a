"""Chores: small periodic work that apps register for the sweeper (expiring, retiring, tidying up)."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Chore:
    """`run` must be quick, repeatable and safe when two machines run it at once."""

    name: str
    every_s: float
    run: Callable[[], None]


_chores: dict[str, Chore] = {}


def register(chore: Chore) -> None:
    _chores[chore.name] = chore


def chores() -> list[Chore]:
    return sorted(_chores.values(), key=lambda chore: chore.name)
