"""The browsers in which a person is signed in, by names that people know."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from accounts.models import User

_BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("FxiOS", "Firefox"),
             ("Chrome", "Chrome"), ("Safari", "Safari")]  # fmt: skip
_SYSTEMS = [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
            ("Linux", "Linux")]  # fmt: skip


@dataclass(frozen=True)
class Browser:
    """One signed-in browser; `agent` is what it calls itself."""

    pk: int
    name: str
    agent: str
    ip: str
    since: datetime
    is_current: bool


def browser_list(user: User, current_key: str | None) -> list[Browser]:
    """Live sessions, newest first. Dead ones are removed from the list on the way."""
    rows = UserSession.objects.purge_and_list(user)
    return [
        Browser(
            row.pk, browser_name(row.user_agent), row.user_agent, row.ip, row.created_at, row.session_key == current_key
        )
        for row in sorted(rows, key=lambda row: row.created_at, reverse=True)
    ]


def browser_name(agent: str) -> str:
    """A guess for people, not for decisions.

    >>> browser_name("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36")
    'Chrome on Linux'
    """
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or agent[:40] or _("Unknown")
