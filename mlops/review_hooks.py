"""What a kind gives to the one review queue: where doubtful stretches come from, their looks, what a decision does."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt


@dataclass(frozen=True)
class Unlabelled:
    """Windows of one source that nobody has labelled: `inputs` (n, …) as measured, `times` in its seconds."""

    source: uuid.UUID
    athlete_id: int
    inputs: npt.NDArray[Any]
    times: list[tuple[float, float]]
    rate_hz: float


@dataclass(frozen=True)
class Proposal:
    """A label that waits for a yes or no already, such as a live correction."""

    span: uuid.UUID
    source: uuid.UUID
    athlete_id: int
    start_s: float
    end_s: float
    label: str
    version_number: str = ""
    """Of the version whose answer was corrected, where that is known."""
    is_correction: bool = True


@dataclass(frozen=True)
class Media:
    """How a stretch is shown: a template that gets `data`, and one line about the sample."""

    template: str
    data: dict[str, Any] = field(default_factory=dict)
    caption: str = ""
    label_url: str = ""
    """The page where the whole sample is labelled."""


@dataclass(frozen=True)
class Corrections:
    """Live corrections of a task: how many people have said yes to, and how many wait."""

    n_reviewed: int
    n_waiting: int


class ReviewHooks(ABC):
    """Every method sees only samples whose athlete lets them teach models."""

    @abstractmethod
    def unlabelled(self, task: Any, manifest: Mapping[str, Any]) -> Iterator[Unlabelled]:
        """Windows for the model with this manifest, source by source, without any label over them."""

    @abstractmethod
    def proposals(self, task: Any) -> Iterable[Proposal]:
        """Labels that wait for a yes or no, the newest first."""

    @abstractmethod
    def settled(self, spans: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Which of these proposals were decided or removed elsewhere."""

    @abstractmethod
    def decide(self, item: Any, *, action: str, label: str, by: Any) -> None:
        """Write a decision: "confirm" and "correct" leave a label that teaches, "reject" and "empty" say there is none.

        Raises web.refusals.Problem when the sample is gone.
        """

    @abstractmethod
    def media(self, item: Any) -> Media:
        """How the stretch looks. Raises Problem for unreadable files."""

    @abstractmethod
    def corrections(self, task: Any) -> Corrections:
        """How many corrections were reviewed and how many wait."""

    @abstractmethod
    def corrections_in(self, task: Any, directory: Path) -> tuple[int, int]:
        """(samples with reviewed corrections that a built dataset holds, all of them)."""
