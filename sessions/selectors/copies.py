"""What a person may know about recordings that hold the same signal."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sessions.models import Recording


@dataclass(frozen=True)
class Likeness:
    """`recording` is the other one where the person may see it, else None; `text` says no more than that."""

    text: str
    recording: Recording | None = None


def likeness_for(*, user, recording: Recording) -> Likeness | None:
    """What to tell `user` about a copy; None for a recording that is none. Never another athlete's data."""
    if recording.copy_group is None:
        return None
    return likeness_of(user=user, first_pk=recording.copy_group, but=recording)


def likeness_of(*, user, first_pk, but: Recording | None = None) -> Likeness:
    """The same for the group of the recording `first_pk`."""
    rows = Recording.objects.visible_to(user).filter(Q(pk=first_pk) | Q(copy_group=first_pk)).select_related("session")
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    seen = rows.order_by("created_at", "pk").first()
    if seen is None:
        return Likeness(_("Looks like a copy of an existing recording."))
    facts = {"title": seen.session.title, "day": date_format(seen.started_at, "j F Y")}
    return Likeness(_("Looks like a copy of %(title)s, %(day)s.") % facts, seen)
