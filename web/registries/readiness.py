"""How ready a person is today, told by the app that knows; the page that shows it need not know the app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Readiness:
    """What a person sees first.

    word      a few words: "Ready to train"; `text` the reason in one sentence
    is_asked  today is not answered yet: `view` is where to answer, a URL name without arguments
    days      days of the last week that were answered
    how       how it is worked out, for who wants to know
    """

    word: str
    text: str
    is_asked: bool
    view: str
    days: frozenset[date]
    how: str = ""


Provider = Callable[[Any, date], Readiness | None]
"""(user, the person's own today)"""

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def readiness_for(user: Any, today: date) -> Readiness | None:
    """The first answer of those who registered, or None."""
    return next((found for provider in _providers if (found := provider(user, today)) is not None), None)
