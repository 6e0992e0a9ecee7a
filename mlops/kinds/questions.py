"""What somebody asks a served model about, as a kind understood it."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from mlops.kinds.batches import picked
from web.numbers import spelled


@dataclass(frozen=True)
class Payload:
    """A request body: its JSON object or form fields, and the files that came with it by field name."""

    data: Mapping[str, Any]
    files: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Locator:
    """Where in its source an example lies: a time span, a frame, a box in a frame, a row, or the whole of it.

    start_s, end_s  seconds of the source; both 0 where time means nothing
    place           what else it takes to find it: "frame:120", "box:0.1,0.2,0.5,0.6", "row:2026-11-02"; empty for a
                    span and for the whole
    """

    start_s: float = 0.0
    end_s: float = 0.0
    place: str = ""

    @property
    def text(self) -> str:
        """For people: "12.0 to 15.0 s", "frame 120", "row 2026-11-02", or nothing for the whole."""
        span = ""
        if self.end_s > self.start_s:
            ends = {"from": spelled(self.start_s, ".1f"), "to": spelled(self.end_s, ".1f")}
            span = _("%(from)s to %(to)s s") % ends
        what, _colon, where = self.place.partition(":")
        return ", ".join(part for part in (f"{what} {where}".strip(), span) if part)

    def to_json(self) -> dict[str, Any]:
        """{"start_s", "end_s"} of a span, {"place"} of anything else, {} of the whole."""
        found: dict[str, Any] = {"place": self.place} if self.place else {}
        return found | ({"start_s": self.start_s, "end_s": self.end_s} if self.end_s > self.start_s else {})


WHOLE = Locator()


@dataclass(frozen=True)
class Inputs:
    """Examples as measured, as the kind's scorer takes them: `values` has a length and can be indexed.

    locators  where each lies in its source; None where each is the whole of it
    """

    values: Any
    locators: Sequence[Locator] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def at(self, number: int) -> Locator:
        """Where one example lies."""
        return WHOLE if self.locators is None else self.locators[number]

    def take(self, numbers: Sequence[int]) -> "Inputs":
        """Some of them."""
        places = None if self.locators is None else [self.locators[number] for number in numbers]
        return Inputs(picked(self.values, numbers), places)


def asked_by(user: Any) -> tuple[int | None, str]:
    """`athlete_id` and `who` of a question that somebody asks about themselves; nothing is logged of a person who
    does not train."""
    own = getattr(user, "athlete", None)
    return (own.pk, own.pseudonym) if own is not None else (None, f"user {user.pk}")


@dataclass(frozen=True)
class Question:
    """A request that was checked as far as it can be without a model.

    inputs      the examples for the model with this manifest. Raises ValidationError with a sentence
    athlete_id  whose data it is, where that is known: decides between champion and challenger, and is logged
    who         a steady key of that athlete (the pseudonym); empty for data of nobody in particular
    source      the recording, video, photo or day it came from
    """

    inputs: Callable[[Mapping[str, Any]], Inputs]
    athlete_id: int | None = None
    who: str = ""
    source: uuid.UUID | None = None
