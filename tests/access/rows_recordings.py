"""Routes of workouts, recordings, labels, samples, layouts and imports."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from mlops.ml.sensors.recording_file import write_recording
from mlops.models import Job
from sessions.models import Recording, SensorLayout, WorkoutSession
from sessions.selectors.layouts import layout_of
from tests.access.rows import LOGIN, OWNER_AND_COACH, OWNER_ONLY, SIGNED_IN, Row, expect

TRAINS = expect(200, staff=403, administrator=403)
"""Pages for people with workouts of their own."""
OWN_PAGE = expect(404, owner=200, staff=403, administrator=403)
OWN_MOVE = expect(404, owner=302, staff=403, administrator=403)
OWN_BIN = expect(404, owner=302)
TRAINS_MOVE = expect(302, staff=403, administrator=403)
STAFF_PAGE = expect(403, staff=200, anonymous=LOGIN)
STAFF_API = expect(404, staff=200)
BOTH_MOVE = expect(404, owner=302, coach=302)
LABEL = {"start_s": 0.1, "end_s": 0.4, "label": "squat"}


def extend(world: Any) -> None:
    """A recording that can be read, an original, an import, and what may be deleted."""
    row = world.recording
    folder = Path(settings.MEDIA_ROOT) / "recordings" / str(row.pk)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "originals").mkdir(parents=True)
    t = np.arange(200) / 50
    write_recording(folder / "samples.parquet", layout_of(row.layout), [(t, np.zeros((200, 5), np.float32))])
    (folder / "originals" / "1-a.csv").write_text("t,x\n0,1\n")
    row.originals = [
        {"file": f"recordings/{row.pk}/originals/1-a.csv", "name": "a.csv", "sha256": "", "size": 8, "unit": ""}
    ]
    row.save(update_fields=["originals"])
    world.binned_workout = WorkoutSession.all_with_deleted.create(
        athlete=world.athlete, title="Deleted", started_at=row.started_at, deleted_at=timezone.now()
    )
    world.binned_recording = Recording.all_with_deleted.create(
        session=world.session, layout=row.layout, source="import", file="recordings/none/samples.parquet",
        started_at=row.started_at, deleted_at=timezone.now(),
    )
    world.imu6 = SensorLayout.objects.get(key="imu6")
    world.import_job = Job.objects.create(kind="recording.import", title="Import", owner=world.users["owner"])


def _recording(world: Any) -> dict[str, Any]:
    return {"pk": world.recording.pk}


def _binned(kind: str) -> Any:
    return lambda world: {"pk": getattr(world, f"binned_{kind}").pk}


def _in_bin(kind: str) -> Any:
    return lambda world: {"kind": kind, "pk": str(getattr(world, f"binned_{kind}").pk)}


def _workout(world: Any) -> dict[str, Any]:
    return {"pk": world.session.pk}


def _own_layout(world: Any) -> dict[str, Any]:
    return {"pk": world.own_layout.pk}


def _span(world: Any) -> dict[str, Any]:
    return {"pk": world.recording.pk, "span_pk": world.span.pk}


def _form(world: Any) -> dict[str, Any]:
    return {"title": "Legs", "sport": "strength", "started_at": "2026-03-01T10:00", "time_zone": "UTC", "notes": ""}


PAGES = [
    Row("workouts:today", TRAINS),
    Row("workouts:workouts", TRAINS),
    Row("workouts:workout_new", TRAINS),
    Row("workouts:workout_new", TRAINS_MOVE, method="POST", data=_form),
    Row("workouts:workout", OWNER_AND_COACH, kwargs=_workout),
    Row("workouts:workout_edit", OWN_PAGE, kwargs=_workout),
    Row("workouts:workout_edit", OWN_MOVE, kwargs=_workout, method="POST", data=_form),
    Row("workouts:workout_delete", OWN_MOVE, kwargs=_workout, method="POST"),
    Row("workouts:recordings", TRAINS),
    Row("workouts:recording", OWNER_AND_COACH, kwargs=_recording),
    Row("workouts:recording_delete", OWN_MOVE, kwargs=_recording, method="POST"),
    *(
        Row(
            "workouts:recording_file",
            OWNER_AND_COACH,
            kwargs=lambda w, what=what: {"pk": w.recording.pk, "what": what},
            note=what,
        )
        for what in ("samples.parquet", "samples.csv", "original-1")
    ),
    Row(
        "workouts:recording_file",
        expect(404),
        kwargs=lambda w: {"pk": w.recording.pk, "what": "original-2"},
        note="none",
    ),
    Row("workouts:labels_file", OWNER_AND_COACH, kwargs=lambda w: {"pk": w.recording.pk, "kind": "csv"}),
    Row("workouts:labels_upload", BOTH_MOVE, kwargs=_recording, method="POST"),
    Row("workouts:import", TRAINS),
    Row("workouts:import", TRAINS, method="POST"),
    Row("workouts:import_sample", TRAINS_MOVE, method="POST"),
    Row("workouts:import_sample_file", TRAINS, kwargs=lambda w: {"name": "squats-imu6.csv"}),
    Row("workouts:import_job", OWN_PAGE, kwargs=lambda w: {"pk": w.import_job.pk}),
    Row("workouts:layouts", TRAINS),
    Row("workouts:layouts", TRAINS, method="POST"),
    Row("workouts:layout_delete", OWN_MOVE, kwargs=_own_layout, method="POST"),
    Row("workouts:samples", STAFF_PAGE),
    Row("workouts:label", STAFF_PAGE, kwargs=_recording),
]
API = [
    Row("workouts_api:layout-list", SIGNED_IN),
    Row(
        "workouts_api:layout-list",
        expect(201),
        method="POST",
        data=lambda w: {"title": "Band", "rate_hz": 50, "channels": [{"name": "x", "unit": "g"}]},
    ),
    Row("workouts_api:layout-detail", expect(404, owner=200), kwargs=_own_layout),
    Row("workouts_api:layout-detail", expect(404, owner=204), kwargs=_own_layout, method="DELETE"),
    Row(
        "workouts_api:layout-detail", expect(403), kwargs=lambda w: {"pk": w.imu6.pk}, method="DELETE", note="built in"
    ),
    Row(
        "workouts_api:layout-side-by-side",
        expect(201),
        method="POST",
        data=lambda w: {"base": str(w.imu6.pk), "units": ["u2", "u5"]},
    ),
    Row(
        "workouts_api:layout-side-by-side",
        expect(400, owner=201),
        method="POST",
        note="foreign base",
        data=lambda w: {"base": str(w.own_layout.pk), "units": ["u2", "u5"]},
    ),
    Row("workouts_api:workout-list", SIGNED_IN),
    Row(
        "workouts_api:workout-list",
        expect(201, staff=403, administrator=403),
        method="POST",
        data=lambda w: {"title": "Legs"},
    ),
    Row("workouts_api:workout-detail", OWNER_AND_COACH, kwargs=_workout),
    Row(
        "workouts_api:workout-detail",
        expect(404, owner=200, coach=403),
        kwargs=_workout,
        method="PATCH",
        data=lambda w: {"title": "Arms"},
    ),
    Row(
        "workouts_api:workout-detail",
        expect(404, owner=400, coach=403),
        kwargs=_workout,
        method="DELETE",
        note="live now",
    ),
    Row("workouts_api:recording-list", SIGNED_IN),
    Row("workouts_api:recording-detail", OWNER_AND_COACH, kwargs=_recording),
    Row("workouts_api:recording-detail", expect(404), kwargs=_binned("recording"), note="in the bin"),
    Row("workouts_api:recording-restore", OWNER_ONLY, kwargs=_binned("recording"), method="POST"),
    Row("workouts_api:workout-detail", expect(404), kwargs=_binned("workout"), note="in the bin"),
    Row("workouts_api:workout-restore", OWNER_ONLY, kwargs=_binned("workout"), method="POST"),
    Row("accounts:deleted", SIGNED_IN),
    Row("accounts:deleted_restore", OWN_BIN, kwargs=_in_bin("workout"), method="POST"),
    Row("accounts:deleted_restore", OWN_BIN, kwargs=_in_bin("recording"), method="POST", note="recording"),
    Row("accounts:deleted_purge", OWN_BIN, kwargs=_in_bin("workout"), method="POST"),
    Row("accounts:deleted_purge", OWN_BIN, kwargs=_in_bin("recording"), method="POST", note="recording"),
    Row("workouts_api:recording-detail", expect(404, owner=204, coach=403), kwargs=_recording, method="DELETE"),
    Row("workouts_api:recording_preview", expect(400)),
    Row("workouts_api:recording_import", expect(400, staff=403, administrator=403), method="POST"),
    Row("workouts_api:sample-list", SIGNED_IN),
    Row("workouts_api:sample-detail", STAFF_API, kwargs=_recording),
]


def _below(root: str, seen: Any, made: Any, gone: Any) -> list[Row]:
    """Rows under one recording or sample."""
    name = f"workouts_api:{root}"
    return [
        Row(f"{name}_envelope", seen, kwargs=_recording),
        Row(f"{name}_samples", seen, kwargs=_recording),
        Row(f"{name}_review", seen, kwargs=_recording, method="POST", data=lambda w: {"reviewed": True}),
        Row(f"{name}_spans", seen, kwargs=_recording),
        Row(f"{name}_spans", made, kwargs=_recording, method="POST", data=lambda w: LABEL),
        Row(f"{name}_spans_decide", seen, kwargs=_recording, method="POST", data=lambda w: {"state": "confirmed"}),
        Row(f"{name}_span", seen, kwargs=_span),
        Row(f"{name}_span", seen, kwargs=_span, method="PATCH", data=lambda w: {"label": "row"}),
        Row(f"{name}_span", gone, kwargs=_span, method="DELETE"),
    ]


ROWS = [
    *PAGES,
    *API,
    *_below("recording", OWNER_AND_COACH, expect(404, owner=201, coach=201), expect(404, owner=204, coach=204)),
    *_below("sample", STAFF_API, expect(404, staff=201), expect(404, staff=204)),
]
