"""What a search answers, and by which method."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Hit:
    """A text that fits: its position among the texts that were given, and how well it fits, higher is better."""

    position: int
    text: str
    score: float


@dataclass(frozen=True)
class Found:
    """The best texts, best first.

    method  "meaning": by sentence vectors, scores are cosines, −1 … 1; "words": by shared words alone (BM25), scores
            are above 0 and only comparable within one answer, and texts that share no word are left out
    """

    hits: tuple[Hit, ...]
    method: Literal["meaning", "words"]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
