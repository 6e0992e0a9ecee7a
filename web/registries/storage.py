"""What one account keeps on the disk, app by app: each registers how it counts its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Usage:
    """What is kept of one sort: rows that know their size, or files to be counted.

    rows   (user) -> QuerySet whose rows carry their size in bytes as `kept`; all sorts are summed in one statement,
           as it is asked whenever something is announced
    count  (user) -> bytes, for what no row knows
    """

    label: str | Promise
    order: int
    rows: Callable[[Any], Any] | None = None
    count: Callable[[Any], int] | None = None
    is_kept: bool = True
    """False for copies that go by themselves: they count for nobody's limit."""


_usages: dict[str, Usage] = {}


def register(usage: Usage) -> None:
    _usages[str(usage.label)] = usage


def usages() -> list[Usage]:
    return sorted(_usages.values(), key=lambda usage: usage.order)
