"""What tests of workouts share: an athlete, uploads, jobs that run here, real data where it is there."""

import io
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounts.models import Consent, ConsentKind, LearningScope
from accounts.services.athletes import athlete_for
from mlops.jobs.services import delivery, jobs
from mlops.jobs.services.execution import job_execute_here
from mlops.ml.sensors.recording_file import write_recording
from mlops.models import Job
from sessions.models import Recording, RecordingSource, SensorLayout, Span, WorkoutSession
from sessions.selectors.layouts import layout_of
from sessions.services.recordings import recording_store
from sessions.services.workouts import workout_create
from web.models import Upload
from web.services.uploads import upload_complete, upload_create, upload_write_part

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """An empty folder for private files."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs wait in the database until a test runs them."""
    for module in (delivery, jobs):
        monkeypatch.setattr(module, "job_deliver", lambda **_: True)


@pytest.fixture
def athlete(athlete_user: Any) -> Any:
    return athlete_for(athlete_user)


@pytest.fixture
def workout(athlete: Any) -> WorkoutSession:
    return workout_create(athlete=athlete, title="Legs")


@pytest.fixture
def upload(athlete_user: Any, media: Path) -> Callable[..., Upload]:
    """upload(bytes, "a.csv") → a complete upload of the athlete."""

    def make(data: bytes, name: str, owner: Any = None) -> Upload:
        row = upload_create(owner=owner or athlete_user, filename=name, size=len(data))
        for number in range(row.n_parts):
            part = data[number * row.part_bytes : (number + 1) * row.part_bytes]
            upload_write_part(upload=row, number=number, stream=io.BytesIO(part))
        return upload_complete(upload=row)

    return make


@pytest.fixture
def run_jobs() -> Callable[[], list[Job]]:
    """Run every waiting job in this process; returns them as they ended."""

    def run() -> list[Job]:
        waiting = list(Job.objects.filter(status="queued").values_list("pk", flat=True))
        for pk in waiting:
            job_execute_here(pk=pk)
        return list(Job.objects.filter(pk__in=waiting))

    return run


@pytest.fixture
def recording(workout: WorkoutSession, media: Path) -> Recording:
    """60 s of imu6 at 50 Hz."""
    return make_recording(workout)


def make_recording(workout: WorkoutSession, layout: str = "imu6", seconds: float = 60.0, **fields: Any) -> Recording:
    """A stored recording whose first channel is a slow sine wave."""
    row = SensorLayout.objects.get(key=layout)
    t = np.arange(int(seconds * 50)) / 50
    samples = np.zeros((len(t), len(row.channels)), np.float32)
    samples[:, 0] = np.sin(t)
    made = recording_store(
        pk=uuid.uuid4(),
        session_for=lambda _: workout,
        layout=row,
        source=fields.pop("source", RecordingSource.IMPORT),
        fill=lambda folder: write_recording(folder / "samples.parquet", layout_of(row), [(t, samples)]),
        started_at=lambda _: workout.started_at,
        **fields,
    )
    return made


def label(recording: Recording, start_s: float, end_s: float, name: str, **fields: Any) -> Span:
    return Span.objects.create(recording_id=recording.pk, start_s=start_s, end_s=end_s, label=name, **fields)


def consent(athlete: Any) -> None:
    """The athlete lets sensor data teach models."""
    Consent.objects.create(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR)


def csv_bytes(n: int = 200, rate: float = 50.0, columns: str = "t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z") -> bytes:
    """A small sensor file."""
    width = columns.count(",")
    lines = [columns, *(f"{i / rate:.3f}" + f",{i % 7}.5" * width for i in range(n))]
    return ("\n".join(lines) + "\n").encode()


def zip_bytes(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def shared(*parts: str) -> Path:
    """A file of the real data, or skip."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the real data {'/'.join(parts)} is not on this machine")
    return path
