"""Make a small site that has something of everything, and keep it. Run with the code of version 0.1.0.

    FITBALANCE_VAR=$(mktemp -d) PYTHONPATH=. python make_site.py OUT

From the root of a checkout of that version; writes OUT/site_0_1_0.sql.gz and OUT/files_0_1_0.tar.gz. See README.md.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import sys
import tarfile
import uuid
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ |= {"DJANGO_SETTINGS_MODULE": "fitbalance.settings", "LOG_LEVEL": "ERROR"}

VERSION = "0.1.0"
PASSWORD = "a-long-enough-password"
FIRST_NAMES = {"ama": "Ama", "kofi": "Kofi", "yaw": "Yaw", "lena": "Lena", "mei": "Mei", "jon": "Jón"}
EXPORTS = "exports"


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    if settings.VERSION != VERSION:
        raise SystemExit(f"This site is of version {VERSION}; here lies the code of {settings.VERSION}.")
    if Path(settings.DATABASES["default"]["NAME"]).exists():
        raise SystemExit("FITBALANCE_VAR must be an empty folder.")
    settings.ALLOWED_HOSTS, settings.PREDICTION_LOG_WRITER = ["testserver"], False
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("register_champions", verbosity=0)

    import make_engine

    world = people()
    workouts(world)
    recovery(world)
    facts = {"password": PASSWORD, "token": world.token, **make_engine.fill(world)}
    keep(Path(sys.argv[1]), Path(settings.DATABASES["default"]["NAME"]), Path(settings.MEDIA_ROOT), facts)


def people() -> SimpleNamespace:
    """Six athletes and a coach in a team, a coach with a second factor, two labellers, an administrator."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from accounts.models import Athlete, CoachScope, LearningScope, Role, TeamRole, User
    from accounts.services.consent import consent_grant, consent_withdraw
    from accounts.services.invitations import invitation_accept, invitation_create
    from accounts.services.teams import membership_end, team_create
    from accounts.services.tokens import token_create, token_revoke

    def person(name: str, role: str, **more: Any) -> Any:
        user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, role=role, **more)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    world = SimpleNamespace(athletes={})
    world.coach = person("kwame", Role.COACH, time_zone="Africa/Accra")
    world.staff, world.second = person("ingrid", Role.ML_STAFF), person("ato", Role.ML_STAFF)
    world.admin = person("rafael", Role.ADMINISTRATOR, is_superuser=True)
    guarded = person("efua", Role.COACH, time_zone="Europe/Berlin")
    TOTP.activate(guarded, generate_totp_secret())
    world.team = team_create(coach=world.coach, name="Morning group")
    team_create(coach=guarded, name="Nobody yet")
    for name, first_name in FIRST_NAMES.items():
        user = person(name, Role.ATHLETE, first_name=first_name, units="imperial" if name == "jon" else "metric")
        invitation, _ = invitation_create(team=world.team, by=world.coach)
        invitation_accept(invitation=invitation, user=user, scopes=CoachScope.values if name != "kofi" else [])
        athlete = world.athletes[name] = Athlete.objects.get(user=user)
        consent_grant(athlete=athlete, kind="learning", scope=LearningScope.SENSOR, by=user)
    invitation_create(team=world.team, by=world.coach, role=TeamRole.COACH, email="new@example.org")
    yaw = world.athletes["yaw"]
    consent_withdraw(athlete=yaw, kind="coach", scope=CoachScope.RECOVERY, team=world.team, by=yaw.user)
    membership_end(membership=world.athletes["mei"].user.memberships.get(), by=world.coach)
    later = timezone.now() + timedelta(days=300)
    ama = world.athletes["ama"].user
    _, world.token = token_create(user=ama, name="Watch", scopes=["read", "write"], expires_at=later)
    token_revoke(token=token_create(user=ama, name="Old", scopes=["read"], expires_at=later)[0], by=ama)
    answer = Client().post(reverse("account_login"), {"login": ama.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return world


def workouts(world: SimpleNamespace) -> None:
    """Labelled recordings of everybody, a file with its original, a strap, live streams in all states."""
    from sessions.models import LiveStream, RecordingSource, SensorBaseline, SensorCheck, SensorLayout, SpanState
    from sessions.models import Span as SpanRow
    from sessions.services.imports.sample import sample_import
    from sessions.services.layouts import layout_declare, layout_side_by_side
    from sessions.services.live_streams import stream_correct, stream_finish, stream_open
    from sessions.services.recordings import recording_set_reviewed
    from sessions.services.spans import span_create
    from sessions.services.workouts import workout_create

    world.recordings, flextail = {}, SensorLayout.objects.get(key="flextail", owner=None)
    for seed, (name, athlete) in enumerate(world.athletes.items()):
        workout = workout_create(athlete=athlete, title="Squats and push-ups", notes="Made for this fixture.")
        recording, simulated = record(workout, flextail, seed)
        for start_s, end_s, label in simulated.spans:
            if label in ("squat", "pushup") and end_s - start_s > 1:
                span_create(recording=recording, start_s=start_s, end_s=end_s, label=label, author=athlete.user)
        recording_set_reviewed(recording=recording, reviewed=True)
        world.recordings[name] = recording
    ama = world.athletes["ama"]
    span_create(recording=world.recordings["ama"], start_s=0, end_s=1.5, label="squat", state=SpanState.PROPOSED)
    SpanRow.objects.create(
        recording=world.recordings["ama"], start_s=1.5, end_s=2, label="row", state=SpanState.REJECTED
    )
    layout_declare(user=ama.user, title="Insole", channels=[{"name": "heel", "unit": "kPa"}], rate_hz=100)
    imu6 = SensorLayout.objects.get(key="imu6", owner=None)
    layout_side_by_side(user=ama.user, base=imu6, units=["u2", "u5"])
    sample_import(athlete=ama)
    world.unlabelled, _ = record(workout_create(athlete=ama, title="Not labelled"), flextail, 70)
    record(workout_create(athlete=ama, title="Chest unit"), imu6, 71, RecordingSource.IMPORT)
    SensorBaseline.objects.create(athlete=ama, layout=flextail, facts={"n": 3, "channels": {}})

    lived = workout_create(athlete=ama, title="Live")
    world.streams = []
    for state in ("stored", "finished", "open"):
        opened = stream_open(session=lived, layout=flextail, task_name="exercise", rate_hz=50).stream
        put_frames(opened, seed=len(world.streams))
        world.streams.append(opened)
        if state == "stored":
            answered = {"exercise": "squat", "confidence": 0.8, "version": 1, "model": "exercise"}
            stream_correct(stream=opened, start_s=1.0, end_s=4.0, label="deadlift", answered=answered, by=ama.user)
        SensorCheck.objects.create(
            stream=opened, code="gain", channel="twist", severity="warning", text="This channel is twice as large."
        )
        if state != "open":
            stream_finish(stream=opened)
            if state == "stored":
                from mlops.models import Job
                from mlops.services.execution import job_execute_here

                job_execute_here(pk=Job.objects.get(kind="live.store").pk)
    assert LiveStream.objects.filter(state="stored").count() == 1


def record(workout: Any, layout: Any, seed: int, source: str = "generated") -> tuple[Any, Any]:
    """A stored recording of half a minute: (row, what was simulated)."""
    from mlops.ml.sensors.recording_file import write_recording
    from mlops.ml.sensors.simulate import random_subject, simulate_session
    from mlops.ml.sensors.simulate.plans import Bout
    from sessions.services.recordings import recording_store

    plan = (Bout("squat", 3, 2.0), Bout("walking", 1, 2.0), Bout("pushup", 4, 1.0))
    made = simulate_session(layout.key, plan, random_subject(seed), seed=seed)
    row = recording_store(
        pk=uuid.uuid4(), session_for=lambda _: workout, layout=layout, source=source,
        fill=lambda folder: write_recording(folder / "samples.parquet", made.layout, [(made.t_s, made.samples)]),
        started_at=lambda _: workout.started_at,
    )  # fmt: skip
    return row, made


def put_frames(stream: Any, seed: int) -> None:
    """Six acknowledged frames of a second each."""
    import numpy as np

    from sessions.services.live_frames import Frame
    from sessions.services.live_storage import Waiting, chunks_store

    t = np.arange(300) / 50
    values = np.sin(t[:, None] * np.arange(1, 6) + seed).astype(np.float32)
    batch = []
    for seq in range(6):
        part = slice(seq * 50, seq * 50 + 50)
        payload = Frame(seq, t[part], values[part]).payload()
        batch.append(Waiting(stream.pk, seq, 50, payload, lambda seq: None, lambda: None))
    chunks_store(batch, {stream.pk})


def recovery(world: SimpleNamespace) -> None:
    """Days and what the shipped curve says about them; an injury that is over and an illness that is not."""
    import numpy as np
    from django.utils import timezone

    from burnout.models import CheckIn
    from burnout.services.checkins import checkin_save
    from burnout.services.estimates import estimates_rebuild
    from burnout.services.outcomes import outcome_record

    today, chance = timezone.now().date(), np.random.default_rng(3)
    for name, n_days in (("ama", 35), ("kofi", 20), ("yaw", 5)):
        athlete = world.athletes[name]
        CheckIn.objects.bulk_create(
            CheckIn(
                athlete=athlete, day=today - timedelta(days=n), sleep_hours=round(float(chance.uniform(5, 9)), 1),
                sleep_quality=int(chance.integers(1, 8)), stress=int(chance.integers(1, 8)),
                fatigue=int(chance.integers(1, 8)), mood=4, soreness=3, workload=float(chance.integers(0, 500)),
                hrv_rmssd=float(chance.integers(40, 80)), resting_hr=58.0, source="csv",
            )
            for n in range(1, n_days)
        )  # fmt: skip
        estimates_rebuild(athlete=athlete)
        checkin_save(athlete=athlete, day=today, answers={"stress": 6, "rpe": 7, "minutes": 50, "note": "Müde."})
    common = {"athlete": world.athletes["ama"], "note": "", "by": world.coach}
    over = {"began_on": today - timedelta(days=200), "ended_on": today - timedelta(days=180)}
    outcome_record(**common, kind="injury", **over, judged_by="coach")
    outcome_record(**common, kind="illness", began_on=today - timedelta(days=2), ended_on=None, judged_by="self")


def keep(out: Path, database: Path, media: Path, facts: dict[str, Any]) -> None:
    """The database as SQL; private files, and what a test must know besides, as an archive."""
    from django.db import connections

    connections.close_all()
    out.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(database) as connection:
        text = "\n".join(connection.iterdump())
    with gzip.GzipFile(out / "site_0_1_0.sql.gz", "wb", mtime=0) as file:
        file.write(text.encode())
    known = json.dumps(facts).encode()
    with tarfile.open(out / "files_0_1_0.tar.gz", "w:gz") as archive:
        for path in sorted(media.rglob("*")):
            if path.is_file() and not path.is_relative_to(media / EXPORTS):
                archive.add(path, f"files/{path.relative_to(media)}")
        entry = tarfile.TarInfo("facts.json")
        entry.size = len(known)
        archive.addfile(entry, io.BytesIO(known))


if __name__ == "__main__":
    main()
