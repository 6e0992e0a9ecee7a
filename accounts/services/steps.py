"""Progress of long work, as background jobs report it."""

from typing import Protocol


class OnStep(Protocol):
    """May raise to cancel the work."""

    def __call__(self, done: int, total: int, note: str = "") -> object: ...


def ignore(done: int, total: int, note: str = "") -> None:
    """For callers that show no progress."""
