"""Places on the engine's pages that other rooms fill: a template and the facts it is given.

    page_slots.register("task", Slot("drift", "mlops/drift_section.html", lambda task, user: {"report": …}))

The template sees its facts as `data`, the row as `task` or `model`, and the request. An empty dictionary or
None hides the slot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PAGES = ("board", "task", "version", "run", "drift")


@dataclass(frozen=True)
class Slot:
    """`facts(row, user)` is called once a page; on the board the row is None."""

    name: str
    template: str
    facts: Callable[[Any, Any], dict[str, Any] | None]
    order: int = 50


_slots: dict[str, dict[str, Slot]] = {page: {} for page in PAGES}


def register(page: str, slot: Slot) -> None:
    """Put a slot on a page; registering the same name again replaces it."""
    _slots[page][slot.name] = slot


def slots_for(page: str, row: Any, user: Any) -> list[dict[str, Any]]:
    """[{"template", "data"}, …] in order, without the empty ones."""
    found = []
    for slot in sorted(_slots[page].values(), key=lambda slot: (slot.order, slot.name)):
        if data := slot.facts(row, user):
            found.append({"template": slot.template, "data": data})
    return found
