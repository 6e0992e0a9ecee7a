"""Rows of the permission matrix: (route, identity, expected answer).

Each app adds a module tests/access/rows_<name>.py with lists `ROWS` (and `SOCKETS` for websockets), and may
define `extend(world)` to put more rows into the world. A route without a row fails the walker.

>>> from tests.access.rows import Row, OWNER_ONLY
>>> ROWS = [Row("workouts:recording", kwargs=lambda w: {"pk": w.recording.pk}, expect=OWNER_AND_COACH)]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

IDENTITIES = (
    "owner",  # the athlete whose rows the world holds
    "coach",  # coach of the athlete's team, with every coach consent
    "other_coach",  # coach of another team
    "other_athlete",  # athlete of another team
    "staff",  # ML staff
    "administrator",
    "anonymous",
)
Expected = int | tuple[int, ...]
Expect = Mapping[str, Expected]

LOGIN = (302, 401, 403)
"""What anonymous gets: a way to the login page, or 401 from the API (403 for an unsafe page request without CSRF)."""


def expect(others: Expected = 404, *, anonymous: Expected = LOGIN, **named: Expected) -> dict[str, Expected]:
    """Expectation of every identity: the named ones, `others` for the rest."""
    unknown = set(named) - set(IDENTITIES)
    if unknown:
        raise ValueError(f"unknown identities {unknown}")
    return {name: named.get(name, anonymous if name == "anonymous" else others) for name in IDENTITIES}


OWNER_ONLY = expect(404, owner=200)
OWNER_AND_COACH = expect(404, owner=200, coach=200)
ENGINE = expect(404, staff=200, administrator=200)
"""Rows of the engine room."""
SIGNED_IN = expect(200)
"""A page that shows everyone their own."""
OPEN = expect(200, anonymous=200)
"""Open to anyone: at most 15 routes of the whole site."""


@dataclass(frozen=True)
class Row:
    """One method of one route.

    `route` is a URL name with namespace, or the pattern as text where it has no name. `expect` holds every
    identity (use `expect(...)`). `data` is the body (a dict; JSON for /api/, a form otherwise).
    Where an identity gets 404, the walker also asks for a made-up id and demands the same body.
    """

    route: str
    expect: Mapping[str, Expected]
    kwargs: Callable[[Any], dict[str, Any]] = lambda world: {}
    method: str = "GET"
    data: Callable[[Any], Any] | None = None
    query: Callable[[Any], dict[str, Any]] = lambda world: {}
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.route}" + (f" ({self.note})" if self.note else "")


SocketExpected = int | str
"""\"open\", or the close code (4404 …), or 403 for a refused handshake."""


@dataclass(frozen=True)
class SocketRow:
    """One websocket route: `route` is its pattern as text, `path` makes an address of it."""

    route: str
    path: Callable[[Any], str]
    expect: Mapping[str, SocketExpected]

    def __str__(self) -> str:
        return f"WS {self.route}"
