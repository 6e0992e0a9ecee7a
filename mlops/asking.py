"""What somebody asks a served model about, as a kind understood it."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt


@dataclass(frozen=True)
class Cut:
    """Inputs as measured, one row an example, and where each lies in seconds, where that means something."""

    inputs: npt.NDArray[Any]
    times: list[tuple[float, float]] | None = None
    rate_hz: float = 1.0


@dataclass(frozen=True)
class Asked:
    """A request that was checked as far as it can be without a model.

    cut         the inputs for the model with this manifest. Raises ValidationError with a sentence
    athlete_id  whose data it is, where that is known: decides between champion and challenger
    who         a steady key of that athlete (the pseudonym); empty for data of nobody in particular
    source      the recording or video it came from
    """

    cut: Callable[[Mapping[str, Any]], Cut]
    athlete_id: int | None = None
    who: str = ""
    source: uuid.UUID | None = None
