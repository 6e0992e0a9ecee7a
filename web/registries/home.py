"""Where each role lands after signing in: the first page with something real and one next action."""

_homes: dict[str, str] = {}


def register(role: str, view: str) -> None:
    """`view` is a URL name without arguments."""
    _homes[role] = view


def view_for(role: str) -> str:
    return _homes.get(role, "web:landing")
