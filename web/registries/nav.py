"""Navigation: an app adds an entry only for a page that works."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class NavEntry:
    """roles: the values of User.role that see it; `view` is a URL name without arguments.

    also     URL names of pages that belong to it without lying below its address
    section  the bar whose pages lie behind this entry, so that they are not listed again beside it
    """

    label: str | Promise
    view: str
    icon: str
    roles: frozenset[str]
    order: int = 50
    section: str = ""
    also: tuple[str, ...] = ()


_entries: list[NavEntry] = []


def register(entry: NavEntry) -> None:
    if entry not in _entries:
        _entries.append(entry)


def entries_for(role: str) -> list[NavEntry]:
    mine = [entry for entry in _entries if role in entry.roles]
    return sorted(mine, key=lambda entry: (entry.order, str(entry.label)))


@dataclass(frozen=True)
class LocalEntry:
    """One page of a section, in the bar that stands on every page of it; `also`: URL names of pages that belong to it
    without lying below its address."""

    label: str | Promise
    view: str
    roles: frozenset[str]
    order: int
    also: tuple[str, ...] = ()


_sections: dict[str, list[LocalEntry]] = {}


def register_local(section: str, entry: LocalEntry) -> None:
    entries = _sections.setdefault(section, [])
    if entry not in entries:
        entries.append(entry)


def section_for(section: str, role: str) -> list[LocalEntry]:
    """The pages of a section that a role may open."""
    return sorted((one for one in _sections.get(section, []) if role in one.roles), key=lambda one: one.order)


def sections() -> list[str]:
    return list(_sections)
