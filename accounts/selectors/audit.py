"""Reading the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import AuditEvent, User
from accounts.words import action_words


def own_events(user: User) -> QuerySet[AuditEvent]:
    """What a person did and what was done to their account, newest first."""
    return AuditEvent.objects.filter(Q(actor=user) | Q(subject=user)).select_related("actor", "subject")


@dataclass(frozen=True)
class EventLine:
    """One event as its person reads it."""

    at: datetime
    words: str
    detail: str
    by: str


def event_lines(events: Iterable[AuditEvent], reader: User) -> list[EventLine]:
    return [EventLine(e.at, action_words(e.action), _detail(e), _by(e, reader)) for e in events]


def _by(event: AuditEvent, reader: User) -> str:
    if event.actor_id == reader.pk:
        return "you"
    if event.actor is None:
        return _("someone not signed in") if event.action == "login.limited" else "FitBalance"
    return event.actor.get_role_display().lower()


def _detail(event: AuditEvent) -> str:
    """The facts of an event in a few words: rights, roles, kinds, counts."""
    parts = [", ".join(map(str, value)) if isinstance(value, list) else str(value) for value in event.detail.values()]
    return " · ".join(part.replace("_", " ") for part in parts if part)
