"""What can be deleted and taken back: each app declares how its rows are listed, restored and removed for good."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True)
class BinKind:
    """name    in addresses, for example "recording"; title: for people
    rows     user → their rows in the bin that stand for themselves (a recording of a deleted workout goes with it)
    words    row → what it is, in a line
    restore  row → nothing; raises Problem 409 where something stands in its place
    purge    row → nothing; it goes for good, if it is still in the bin
    address  row → its page, once it is restored
    """

    name: str
    title: Any
    rows: Callable[[Any], QuerySet]
    words: Callable[[Any], str]
    restore: Callable[[Any], None]
    purge: Callable[[Any], None]
    address: Callable[[Any], str]


_kinds: dict[str, BinKind] = {}


def register(kind: BinKind) -> None:
    """Declare what can be taken back."""
    _kinds[kind.name] = kind


def kinds() -> dict[str, BinKind]:
    return dict(_kinds)
