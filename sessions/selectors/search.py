"""What of workouts can be searched for. Each finds only what the person may open."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import Athlete, CoachScope, Team
from sessions.models import Recording, Sample, Span, SpanState, WorkoutSession
from web.registries.search import Hit, holding

NAMES = ("user__first_name", "user__last_name", "user__username")


def athletes_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Athletes who share their training with a coach."""
    if not user.is_coach:
        return []
    rows = Athlete.objects.visible_to(user, CoachScope.TRAINING).exclude(user=user).select_related("user")
    rows = holding(rows, words, *NAMES).order_by("user__first_name", "user__username")
    return [
        Hit(str(row), reverse("workouts:athlete", args=[row.pk]), row.user.username if row.user.get_full_name() else "")
        for row in rows[:limit]
    ]


def teams_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Teams that a coach trains."""
    if not user.is_coach:
        return []
    rows = holding(Team.objects.coached_by(user), words, "name").order_by("name")
    return [Hit(row.name, reverse("workouts:team", args=[row.pk])) for row in rows[:limit]]


def workouts_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Workouts by title, sport, notes of one's own, and for a coach by the athlete."""
    rows = WorkoutSession.objects.visible_to(user).select_related("athlete__user")
    names = [f"athlete__{name}" for name in NAMES] if user.is_coach else ["notes"]
    rows = holding(rows, words, "title", "sport", *names).order_by("-started_at", "-pk")
    return [
        Hit(row.title, reverse("workouts:workout", args=[row.pk]), _when(row.started_at, row.athlete, user))
        for row in rows[:limit]
    ]


def recordings_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Recordings by their workout, their sensor, their labels, and for a coach by the athlete."""
    rows = Recording.objects.visible_to(user).select_related("layout", "session__athlete__user")
    names = [f"session__athlete__{name}" for name in NAMES] if user.is_coach else []
    rows = holding(rows, words, "session__title", "layout__title", "layout__key", *names, also=_labelled)
    return [
        Hit(
            f"{row.session.title}, {row.layout.title}",
            reverse("workouts:recording", args=[row.pk]),
            _when(row.started_at, row.session.athlete, user),
        )
        for row in rows.order_by("-started_at", "-pk")[:limit]
    ]


def samples_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Samples by pseudonym, sensor and label, as ML staff may see them: no name, no title, no day."""
    rows = Sample.objects.visible_to(user).select_related("layout", "session__athlete")
    rows = holding(rows, words, "session__athlete__pseudonym", "layout__title", "layout__key", also=_labelled)
    return [
        Hit(row.session.athlete.pseudonym, reverse("workouts:label", args=[row.pk]), row.layout.title)
        for row in rows.order_by("session__athlete__pseudonym", "pk")[:limit]
    ]


def _labelled(word: str) -> Exists:
    spans = Span.objects.filter(recording=OuterRef("pk"), label__icontains=word)
    return Exists(spans.exclude(state=SpanState.REJECTED))


def _when(moment: Any, athlete: Athlete, user: Any) -> str:
    day = date_format(localtime(moment), "j M Y")
    return day if athlete.user_id == user.pk else f"{athlete}, {day}"
