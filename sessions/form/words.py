"""Sentences about form in the reader's language; reports keep codes and the table's English."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

VIEWS = {
    "side": gettext_lazy("From the side"), "front": gettext_lazy("From the front"),
    "back": gettext_lazy("From behind"), "oblique": gettext_lazy("At an angle"),
}  # fmt: skip
SIDES = {"left": gettext_lazy("left"), "right": gettext_lazy("right")}

PHASES = {
    "down": gettext_lazy("down"), "bottom": gettext_lazy("bottom"), "up": gettext_lazy("up"),
    "top": gettext_lazy("top"), "hold": gettext_lazy("hold"),
}  # fmt: skip


def translated(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """A row with these of its sentences in the reader's language."""
    return {**row, **{name: _(row[name]) for name in names if row.get(name)}}


def notes(sentences: Sequence[str]) -> list[str]:
    return [_(one) for one in sentences]


def exercise_title(key: str) -> str:
    """The name of an exercise of the table, in the reader's language; the key where the table no longer has it."""
    from mlops.ml.biomechanics.form.table import exercises

    row = exercises().get(key)
    return _(row.title) if row else key.replace("_", " ")


def exercise_choices() -> list[tuple[str, str]]:
    """(key, title) of all exercises and holds by title."""
    from mlops.ml.biomechanics.form.table import exercises

    return sorted(((key, _(row.title)) for key, row in exercises().items()), key=lambda one: one[1].casefold())
