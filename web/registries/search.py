"""What can be searched for: each app registers how it finds its own things for a person."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

Rows = TypeVar("Rows", bound=QuerySet[Any])


@dataclass(frozen=True)
class Hit:
    """One result: what it is called, where it is, and a few words that tell it from others."""

    title: str
    url: str
    note: str = ""
    icon: str = ""
    """Its source's where empty."""


@dataclass(frozen=True)
class Page:
    """A page that is found by its title and by other words for it."""

    title: str | Promise
    url: str
    words: str | Promise = ""
    icon: str = ""


Find = Callable[[Any, Sequence[str], int], Iterable[Hit]]
"""(user, words, limit) → at most `limit` things that hold all words and that `user` may see, in one query."""


@dataclass(frozen=True)
class Source:
    """One group of results. `suggests`: asked without any words too, for what to begin with."""

    label: str | Promise
    icon: str
    order: int
    find: Find
    suggests: bool = False


_sources: list[Source] = []


def register(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def sources() -> list[Source]:
    return sorted(_sources, key=lambda source: source.order)


def holding(rows: Rows, words: Sequence[str], *fields: str, also: Callable[[str], Any] | None = None) -> Rows:
    """Rows in which each word stands in one of the fields; also(word) tells where else it may stand."""
    for word in words:
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(found | Q(also(word)) if also else found)
    return rows


def pages_holding(pages: Iterable[Page], words: Sequence[str], limit: int) -> list[Hit]:
    """The same for pages that no table holds."""
    asked = [word.casefold() for word in words]
    hits = []
    for page in pages:
        text = f"{page.title} {page.words}".casefold()
        if all(word in text for word in asked):
            hits.append(Hit(str(page.title), page.url, icon=page.icon))
    return hits[:limit]
