"""Demo life: each app registers how to make its demo rows and how to remove exactly those."""

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]


@dataclass(frozen=True)
class DemoPart:
    """make(say) is idempotent; remove(say) deletes exactly the rows (and files) with is_demo, returns how many."""

    name: str
    order: int
    make: Callable[[Say], None]
    remove: Callable[[Say], int]


_parts: dict[str, DemoPart] = {}


def register(part: DemoPart) -> None:
    _parts[part.name] = part


def parts() -> list[DemoPart]:
    """In the order of making; remove in reverse."""
    return sorted(_parts.values(), key=lambda part: part.order)
