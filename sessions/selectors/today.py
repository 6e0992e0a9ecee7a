"""The athlete's home: what is done, what was last, what is next."""

from dataclasses import dataclass

from django.db.models import Count, Q

from sessions.models import LiveStream, Recording, Span, SpanState, WorkoutSession
from sessions.selectors.spans import labelled_minutes


@dataclass(frozen=True)
class Step:
    """One of the three first steps; `done` ones stay ticked."""

    title: str
    text: str
    view: str
    action: str
    icon: str
    done: bool


@dataclass(frozen=True)
class Next:
    """The one obvious next action. `pk` is the argument of the view, where it takes one."""

    title: str
    text: str
    view: str
    action: str
    pk: str = ""


@dataclass(frozen=True)
class Today:
    steps: list[Step]
    last: WorkoutSession | None
    minutes: list[tuple[str, float]]
    next: Next

    @property
    def is_new(self) -> bool:
        return not all(step.done for step in self.steps)


def today_for(*, user) -> Today:
    """Everything on the home page of an athlete, from their own rows."""
    recordings = Recording.objects.editable_by(user)
    has_recording = recordings.exists()
    has_label = Span.objects.filter(recording__in=recordings, state=SpanState.CONFIRMED).exists()
    has_stream = LiveStream.objects.filter(session__athlete__user=user).exists()
    steps = [
        Step(
            "Bring a recording",
            "Import a file from your sensor, or start with a sample.",
            "workouts:import",
            "Import a file",
            "upload",
            has_recording,
        ),
        Step(
            "Label it",
            "Say which exercise you did when. Drag over the chart, press a digit. Guided recording labels by itself.",
            "workouts:recordings",
            "Label a recording",
            "label",
            has_label,
        ),
        Step(
            "Go live",
            "Start a sensor and watch the exercise being recognised.",
            "workouts:live",
            "Go live",
            "live",
            has_stream,
        ),
    ]
    last = (
        WorkoutSession.objects.editable_by(user)
        .annotate(n_recordings=Count("recordings"))
        .order_by("-started_at", "-pk")
        .first()
    )
    return Today(steps, last, labelled_minutes(user=user), _next(recordings))


def _next(recordings) -> Next:
    proposed = (
        recordings.annotate(n_proposed=Count("spans", filter=Q(spans__state=SpanState.PROPOSED)))
        .filter(n_proposed__gt=0)
        .order_by("-started_at")
        .first()
    )
    if proposed:
        n = proposed.n_proposed
        text = f"{n} {'label waits' if n == 1 else 'labels wait'} for your yes or no."
        return Next("Check proposed labels", text, "workouts:recording", "Check them", str(proposed.pk))
    bare = recordings.filter(reviewed_at__isnull=True, spans__isnull=True).exclude(layout__key="heart_rate")
    bare = bare.order_by("-started_at").first()
    if bare:
        return Next(
            "Label your last recording",
            "Nobody has said yet what you did in it.",
            "workouts:recording",
            "Label it",
            str(bare.pk),
        )
    return Next(
        "Train with live recognition", "All recordings are labelled. Start the sensor.", "workouts:live", "Go live"
    )
