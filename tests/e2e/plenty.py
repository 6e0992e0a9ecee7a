"""A full life on a running site, so that every page can be looked at with much on it, whatever ran before.

FITBALANCE_VAR=… python -m tests.e2e.plenty

Prints two lines of JSON, each role → addresses of pages that are worth a look because of what they hold: first
those of people, then those of the staff, which wait for a dataset, a training and a search by the site's own
workers. Run it once on a site with demo life.
"""

from __future__ import annotations

import json
import os
import uuid
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fitbalance.settings")

HEART_S = 150


def main() -> None:
    import django

    django.setup()
    from tests.e2e import plenty_engine

    waiting = plenty_engine.begin()
    pages: dict[str, list[str]] = {"athlete": [], "coach": [], "admin": [], "staff": plenty_engine.rows()}
    _account(pages)
    _workout(pages)
    _jobs(pages)
    staff = pages.pop("staff")
    print(json.dumps(pages), flush=True)
    print(json.dumps({"staff": [*staff, *plenty_engine.finish(waiting)]}), flush=True)


def _account(pages: dict[str, list[str]]) -> None:
    """Tokens, an own layout, an own label set, an open invitation, an empty team."""
    from django.utils import timezone

    from accounts.models import Team, TeamRole, User
    from accounts.services.invitations import invitation_create
    from accounts.services.teams import team_create
    from accounts.services.tokens import token_create
    from sessions.services.layouts import layout_declare

    athlete, coach = User.objects.get(username="athlete"), User.objects.get(username="coach")
    for name in ("Watch", "Notebook"):
        token_create(user=athlete, name=name, scopes=["read"], expires_at=timezone.now() + timedelta(days=30))
    channels = [{"name": f"pressure_{n}", "unit": "kPa"} for n in range(1, 9)]
    layout_declare(user=athlete, title="Insole with eight cells", channels=channels, rate_hz=100)
    club = Team.objects.get(is_demo=True)
    for role in (TeamRole.ATHLETE, TeamRole.COACH):
        invitation_create(team=club, by=coach, role=role, email=f"{role}@example.org")
    _, secret = invitation_create(team=club, by=coach)
    empty = team_create(coach=coach, name="A team that is still empty")
    pages["athlete"].append(f"/invitations/{secret}/")
    pages["coach"] += [f"/teams/{pk}/{part}" for pk in (club.pk, empty.pk) for part in ("", "members/")]


def _workout(pages: dict[str, list[str]]) -> None:
    """One workout with two counted recordings, two straps, proposed and confirmed labels and streams in all states."""
    from django.utils import timezone

    from accounts.models import Athlete
    from sessions.models import LiveStream, SensorCheck, SensorLayout, Span, SpanOrigin, SpanState, StreamState
    from sessions.services.workouts import workout_create

    athlete = Athlete.objects.get(user__username="athlete")
    workout = workout_create(athlete=athlete, title="Everything at once", notes="Two sensors and two straps.\n\nHard.")
    sets = [
        {"exercise": "squat", "start_s": 2.0, "end_s": 31.0, "count": 12, "times": [4.0, 8.0]},
        {"exercise": "", "start_s": 34.0, "end_s": 50.0, "count": 5, "times": []},
        {"exercise": "plank", "start_s": 52.0, "end_s": 58.0, "count": 0, "times": []},
    ]
    worn = ("flextail", "imu6", "heart_rate", "heart_rate")
    recordings = [_record(workout, key, seed) for seed, key in enumerate(worn)]
    for recording in recordings[:2]:
        type(recording).objects.filter(pk=recording.pk).update(
            sets=sets, issues=[{"row": 12, "message": "There is no number in column 3."}]
        )
        for n, state in enumerate(SpanState.values):
            Span.objects.create(
                recording=recording, start_s=5.0 * n, end_s=5.0 * n + 4, label="squat", state=state,
                origin=SpanOrigin.values[n % len(SpanOrigin.values)], author=athlete.user,
            )  # fmt: skip
    layouts = {key: SensorLayout.objects.get(key=key, owner=None) for key in ("flextail", "imu6")}
    now = timezone.now()
    stored = LiveStream.objects.create(
        session=workout, layout=layouts["flextail"], task_name="exercise", state=StreamState.STORED,
        recording=recordings[0], finished_at=now, started_at=now - timedelta(minutes=2),
    )  # fmt: skip
    live = LiveStream.objects.create(
        session=workout, layout=layouts["imu6"], task_name="exercise-imu6", seen_at=now + timedelta(hours=1)
    )
    for number, stream in enumerate((stored, live)):
        SensorCheck.objects.create(
            stream=stream, code="gain", channel=stream.layout.channel_names[0], severity="warning",
            text="This channel is twice as large as in earlier recordings.", ended_at=now if number else None,
        )  # fmt: skip
    LiveStream.objects.filter(pk=live.pk).update(seen_at=now + timedelta(hours=1))
    parts = [f"/workouts/{workout.pk}/", f"/live/{workout.pk}/", *(f"/recordings/{row.pk}/" for row in recordings[:3])]
    pages["athlete"] += [*parts, f"/workouts/{workout.pk}/edit/", "/live/?source=phone", "/live/?source=strap"]
    pages["coach"] += [*parts, f"/athletes/{athlete.pk}/", f"/athletes/{athlete.pk}/recovery/"]
    pages["staff"] += [f"/ml/label/{row.pk}/" for row in recordings[:2]]


def _record(workout: Any, key: str, seed: int) -> Any:
    """Store a minute of a simulated sensor, or some minutes of a made-up strap."""
    import numpy as np

    from mlops.ml.sensors.layouts import HEART_RATE
    from mlops.ml.sensors.recording_file import write_recording
    from mlops.ml.sensors.simulate import demo_plan, random_subject, simulate_session
    from sessions.models import RecordingSource, SensorLayout
    from sessions.services.recordings import recording_store

    if key == "heart_rate":
        t = np.arange(HEART_S) + 0.5
        bpm = 110 + 30 * np.sin(t / 20)
        made, samples = HEART_RATE, np.column_stack([bpm, 60_000 / bpm]).astype(np.float32)
    else:
        simulated = simulate_session(key, demo_plan("short", seed=seed), random_subject(seed), seed=seed)  # type: ignore[arg-type]
        made, t, samples = simulated.layout, simulated.t_s, simulated.samples
    return recording_store(
        pk=uuid.uuid4(),
        session_for=lambda _: workout,
        layout=SensorLayout.objects.get(key=key, owner=None),
        source=RecordingSource.GENERATED,
        fill=lambda folder: write_recording(folder / "samples.parquet", made, [(t, samples)]),
        started_at=lambda _: workout.started_at,
    )


def _jobs(pages: dict[str, list[str]]) -> None:
    """A job of the athlete and one of the engine in every state; those that are open keep their lease for an hour."""
    from django.utils import timezone

    from accounts.models import User
    from mlops.models import Job, JobStatus

    now, later = timezone.now(), timezone.now() + timedelta(hours=1)
    for role, is_engine in (("athlete", False), ("staff", True)):
        for status in JobStatus.values:
            job = Job.objects.create(
                kind="account.export", title="Collect what you gave us", owner=User.objects.get(username=role),
                is_engine=is_engine, status=status, attempt=1, not_before=later, lease_until=later, deadline_at=later,
                claim_token=uuid.uuid4(), cancel_requested_at=later if status == JobStatus.CANCELLING else None,
                started_at=now, progress_done=3, progress_total=7, progress_note="Recording 3 of 7",
                log_tail="10:00:01 begin\n10:00:02 a long line " + "of words " * 30,
                failure_reason="The file ends in the middle of a line." if status in ("failed", "errored") else "",
            )  # fmt: skip
            pages[role].append(f"/jobs/{job.pk}/")


if __name__ == "__main__":
    main()
