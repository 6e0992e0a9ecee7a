"""What a product is to the readers of days: is a file its own, and what do its documents say about the columns?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Known:
    """A column as its product documents it.

    field      an answer about a day, or "day", "end", "moment", "start" for the column of days; "" is not used
    unit       the file's unit; for ratings the scale
    direction  of a rating: named, good or bad (see amounts.DIRECTIONS)
    why        for a column that is not used: the reason
    """

    field: str
    unit: str = ""
    direction: str = ""
    why: str = ""


@dataclass(frozen=True)
class Product:
    """One product. `columns` go by the compact heading (see names.compact).

    all_of       headings that must all be there; `any_of` of which one must
    day_first    its dates are known to put the day before the month
    skipped      column → cells (compact) whose lines are no measure of a day
    first_of     column → cells whose lines count before others for what is measured once a day
    sums         answers that one line holds in several columns: field → (headings, unit)
    """

    title: str
    all_of: frozenset[str]
    columns: Mapping[str, Known]
    any_of: frozenset[str] = frozenset()
    day_first: bool = False
    skipped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    first_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sums: Mapping[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def looks_like(self, keys: frozenset[str]) -> bool:
        """True when a file with these headings was surely written by it."""
        return self.all_of <= keys and (not self.any_of or bool(self.any_of & keys))


SCORE = Known("", why="a score of the product, not a measure")
"""A column that is called like a measure and holds a score."""
