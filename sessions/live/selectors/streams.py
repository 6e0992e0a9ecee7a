"""Reading what is live: for streams, for the live page and for coaches' boards."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import CoachScope, Consent, ConsentKind, Membership, Team, TeamRole
from mlops.models import AliasName, ModelAlias, Task
from sessions.models import LiveStream, Recording, SensorLayout, StreamState, WorkoutSession

LIVE_WITHIN = timedelta(seconds=20)
"""`seen_at` is written every few seconds while frames arrive."""


def sharing_teams(athletes: Iterable[int]) -> dict[int, list[UUID]]:
    """athlete → teams whose coaches may see the athlete's training now (member and consenting)."""
    keys = set(athletes)
    if not keys:
        return {}
    members = set(
        Membership.objects.active().filter(user__athlete__in=keys, role=TeamRole.ATHLETE)
        .values_list("user__athlete", "team")
    )
    consents = Consent.objects.active().filter(
        kind=ConsentKind.COACH, scope=CoachScope.TRAINING, athlete__in=keys
    ).values_list("athlete", "team")
    found: dict[int, list[UUID]] = {}
    for athlete, team in consents:
        if (athlete, team) in members:
            found.setdefault(athlete, []).append(team)
    return found


def n_sending(*, athlete_id: int, but: Any = None) -> int:
    """How many streams of one person send right now, in whichever process. `but`: one that does not count."""
    rows = LiveStream.objects.filter(
        session__athlete=athlete_id, state=StreamState.OPEN, seen_at__gte=timezone.now() - LIVE_WITHIN
    )
    return rows.exclude(pk=but).count() if but is not None else rows.count()


def streams_live(*, user: Any) -> QuerySet[LiveStream]:
    """Streams that `user` may see and that send right now."""
    return (
        LiveStream.objects.visible_to(user)
        .filter(state=StreamState.OPEN, seen_at__gt=timezone.now() - LIVE_WITHIN)
        .select_related("session__athlete__user", "layout")
    )


def live_session_get_for(*, user: Any, pk: Any) -> WorkoutSession:
    """A workout that `user` may watch; 404 for missing and forbidden alike."""
    return get_object_or_404(WorkoutSession.objects.visible_to(user).select_related("athlete__user"), pk=pk)


def session_to_stream(*, user: Any, pk: Any) -> WorkoutSession | None:
    """One's own workout, into which one may stream; None for everything else."""
    return WorkoutSession.objects.editable_by(user).select_related("athlete").filter(pk=pk).first()


def session_to_watch(*, user: Any, pk: Any) -> WorkoutSession | None:
    """A workout that one may see; None for everything else."""
    return WorkoutSession.objects.visible_to(user).filter(pk=pk).first()


def sessions_still_owned(pairs: Iterable[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """Those (workout, user) pairs in which the user still owns the workout; one query for any number."""
    wanted = set(pairs)
    rows = WorkoutSession.objects.filter(pk__in={pk for pk, _ in wanted}).values_list("pk", "athlete__user")
    return set(rows) & wanted


def sessions_still_visible(pairs: Iterable[tuple[Any, UUID]]) -> set[tuple[int, UUID]]:
    """(user's key, workout) of those pairs in which the user may still see the workout; a query for each user."""
    return {
        (user.pk, pk)
        for user, keys in _by_user(pairs)
        for pk in WorkoutSession.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True)
    }


def teams_still_coached(pairs: Iterable[tuple[Any, UUID]]) -> set[tuple[int, UUID]]:
    """The same for (user, team) and who coaches it."""
    return {
        (user.pk, pk)
        for user, keys in _by_user(pairs)
        for pk in Team.objects.coached_by(user).filter(pk__in=keys).values_list("pk", flat=True)
    }


def _by_user(pairs: Iterable[tuple[Any, UUID]]) -> list[tuple[Any, set[UUID]]]:
    users: dict[int, Any] = {}
    keys: dict[int, set[UUID]] = {}
    for user, key in pairs:
        users[user.pk] = user
        keys.setdefault(user.pk, set()).add(key)
    return [(user, keys[pk]) for pk, user in users.items()]


def layout_for_stream(*, user: Any, key: str) -> SensorLayout | None:
    """A layout that one may use, by its name."""
    return SensorLayout.objects.visible_to(user).filter(key=key).first()


def replayable_get(*, session: WorkoutSession, pk: Any) -> Recording | None:
    """A recording of this workout."""
    try:
        return Recording.objects.select_related("layout").filter(session=session, pk=UUID(str(pk))).first()
    except ValueError:
        return None


def live_task_for(*, layout_key: str, name: str = "") -> Task | None:
    """The Task that answers streams of a layout: the named one, else one that has a champion, else any."""
    tasks = Task.objects.filter(kind="sensor_classification", input__layout=layout_key).select_related("label_set")
    if name:
        return tasks.filter(name=name).first()
    champions = ModelAlias.objects.filter(task=OuterRef("pk"), name=AliasName.CHAMPION)
    return tasks.order_by(Exists(champions).desc(), "created_at").first()


def task_refusal(*, layout: SensorLayout, name: str) -> str:
    """Why no task of this name answers streams of a layout: there is none, or it needs channels that are not there."""
    task = Task.objects.filter(kind="sensor_classification", name=name).first()
    other = (
        SensorLayout.objects.filter(owner=None, key=task.input.get("layout", "")).first() if task else None
    )
    missing = [channel for channel in other.channel_names if channel not in layout.channel_names] if other else []
    if not missing or task is None:
        return _("This sensor layout has no task of this name.")
    facts = {"task": task.title, "channels": ", ".join(missing[:6]), "layout": layout.title}
    return _("%(task)s needs channels that %(layout)s does not have: %(channels)s.") % facts


def labels_for(task: Task | None) -> list[dict[str, str]]:
    """[{"name", "title"}] of a Task's labels, for "it was …"."""
    if task is None or task.label_set is None:
        return []
    return [{"name": one["name"], "title": one.get("title") or one["name"]} for one in task.label_set.labels]


def recordings_to_replay(*, user: Any, limit: int = 30) -> QuerySet[Recording]:
    """One's own recordings that a sensor made, newest first."""
    rows = Recording.objects.editable_by(user).exclude(layout__key="heart_rate")
    return rows.select_related("layout", "session").order_by("-started_at")[:limit]


def team_to_watch(*, user: Any, pk: Any) -> Team | None:
    """A team that `user` coaches; None for everything else."""
    return Team.objects.coached_by(user).filter(pk=pk).first()


def athletes_sharing_with(team: UUID) -> set[int]:
    """Athletes in the team who let its coaches see their training now."""
    members = Membership.objects.active().filter(team=team, role=TeamRole.ATHLETE).values("user__athlete")
    return set(
        Consent.objects.active()
        .filter(kind=ConsentKind.COACH, scope=CoachScope.TRAINING, team=team, athlete__in=members)
        .values_list("athlete", flat=True)
    )
