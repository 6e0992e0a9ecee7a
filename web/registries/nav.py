"""Navigation: an app adds an entry only for a page that works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NavEntry:
    """roles: the values of User.role that see it; `view` is a URL name without arguments."""

    label: str
    view: str
    icon: str
    roles: frozenset[str]
    order: int = 50


_entries: list[NavEntry] = []


def register(entry: NavEntry) -> None:
    if entry not in _entries:
        _entries.append(entry)


def entries_for(role: str) -> list[NavEntry]:
    return sorted((entry for entry in _entries if role in entry.roles), key=lambda entry: (entry.order, entry.label))
