"""What a kind gives to the one review queue: where doubtful examples come from, their looks, what a decision does."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from mlops.kinds.answers import Correction
from mlops.kinds.questions import WHOLE, Inputs, Locator
from web.refusals import Problem


def changed_since() -> Problem:
    """The refusal of an undo that would overwrite what somebody did after it."""
    return Problem(409, "changed_since", _("This can't be undone: someone has changed it since."))


@dataclass(frozen=True)
class Unlabelled:
    """Examples of one source that nobody has corrected, with where they lie in it."""

    source: uuid.UUID
    athlete_id: int
    inputs: Inputs


@dataclass(frozen=True)
class Proposal:
    """Something that waits for a yes or no already, such as a correction by the athlete.

    span            row of the kind's own that it stands in
    correction      what is proposed
    version_number  of the version whose answer was corrected, where that is known
    """

    span: uuid.UUID
    source: uuid.UUID
    athlete_id: int
    correction: Correction
    locator: Locator = WHOLE
    version_number: str = ""
    is_correction: bool = True


@dataclass(frozen=True)
class Media:
    """How an example is shown: a template that gets `data`, and one line about it.

    label_url  the page where its whole source is labelled
    form       template of the fields where a reviewer says what it is, where that is not one label; it gets `data` and
               `proposed`, and sends one field `correction` with JSON. Empty: buttons for the labels of the task, or
               without such a field for a number or any JSON
    """

    template: str
    data: dict[str, Any] = field(default_factory=dict)
    caption: str = ""
    label_url: str = ""
    form: str = ""


@dataclass(frozen=True)
class Corrections:
    """Corrections of answers of a task: how many people have said yes to, and how many wait."""

    n_reviewed: int
    n_waiting: int


class ReviewHooks(ABC):
    """Every method sees only data whose athlete lets it teach models.

    corrects  reviewers say what an example is, and so whether the answer about it was right; False where they only
              say whether it may teach
    """

    corrects: bool = True

    @abstractmethod
    def unlabelled(self, task: Any, manifest: Mapping[str, Any]) -> Iterator[Unlabelled]:
        """Examples for the model with this manifest, source by source, that nobody has said anything about."""

    @abstractmethod
    def proposals(self, task: Any) -> Iterable[Proposal]:
        """What waits for a yes or no, the newest first."""

    @abstractmethod
    def settled(self, spans: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Which of these proposals were decided or removed elsewhere."""

    @abstractmethod
    def decide(
        self, item: Any, *, action: str, label: str, correction: Any, by: Any
    ) -> Mapping[str, Any] | None:
        """Write a decision: "confirm" and "correct" leave something that teaches, "reject" and "empty" say there is
        nothing. `label`, or `correction` for kinds without labels, is what people agreed on; both empty for nothing.

        Returns what `undo` needs to take it back, as JSON; None: it cannot be taken back.
        Raises web.refusals.Problem when the source is gone.
        """

    def undo(self, item: Any, written: Mapping[str, Any], *, by: Any) -> None:
        """Take a decision back; `written` is what `decide` returned, and nothing was decided about the item since.

        Raises `changed_since()` where what it wrote was changed meanwhile. Kinds whose `decide` returns None need none.
        """
        raise changed_since()

    @abstractmethod
    def media(self, item: Any) -> Media:
        """How the example looks. Raises Problem for unreadable files."""

    @abstractmethod
    def corrections(self, task: Any) -> Corrections:
        """How many corrections were reviewed and how many wait."""

    @abstractmethod
    def corrections_in(self, task: Any, directory: Path) -> tuple[int, int]:
        """(sources with reviewed corrections that a built dataset holds, all of them)."""
