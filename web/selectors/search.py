"""Searching everything that a person may see, group by group."""

from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from web.registries import nav
from web.registries.search import Hit, Page, pages_holding, sources

PER_GROUP = 5
MAX_CHARS = 80
MAX_WORDS = 6
MIN_CHARS = 2
MAX_TITLE = 120


@dataclass(frozen=True)
class Group:
    """What one source found."""

    label: str | Promise
    icon: str
    hits: list[Hit]


def asked_words(text: str) -> list[str]:
    """The words of a question, without what no text holds and without more than anybody types."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text[:MAX_CHARS])
    return kept.split()[:MAX_WORDS]


def search(user: Any, words: list[str]) -> list[Group]:
    """At most five results a source; without words the pages to begin with. Sources find what `user` may see alone."""
    groups = []
    for source in sources():
        if words or source.suggests:
            hits = [_short(hit) for hit in source.find(user, words, PER_GROUP)][:PER_GROUP]
            if hits:
                groups.append(Group(source.label, source.icon, hits))
    return groups


def nav_found(user: Any, words: Any, limit: int) -> list[Hit]:
    """Pages of the navigation of the person's role, then those of the bars of its sections."""
    main = nav.entries_for(user.role)
    pages = {entry.view: Page(entry.label, reverse(entry.view), icon=entry.icon) for entry in main}
    for section in nav.sections() if words else []:
        for entry in nav.section_for(section, user.role):
            pages.setdefault(entry.view, Page(entry.label, reverse(entry.view)))
    return pages_holding(pages.values(), words, limit)


def _short(hit: Hit) -> Hit:
    if len(hit.title) <= MAX_TITLE and len(hit.note) <= MAX_TITLE:
        return hit
    return replace(hit, title=_cut(hit.title), note=_cut(hit.note))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TITLE else f"{text[: MAX_TITLE - 1]}…"
