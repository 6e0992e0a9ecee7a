"""What tests of served models share: athletes with recordings, a tiny champion, answers in the log."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Athlete, Consent, ConsentKind, LearningScope, Role
from accounts.services.athletes import athlete_for
from mlops.jobs.services import delivery, jobs
from mlops.ml.sensors.recording_file import write_recording
from mlops.models import ModelVersion, Task
from mlops.serving.services import log as prediction_log
from mlops.serving.services.versions import serving_forget
from sessions.models import Recording, RecordingSource, SensorLayout
from sessions.selectors.layouts import layout_of
from sessions.services.recordings import recording_store
from sessions.services.workouts import workout_create
from tests.live.tiny import make_task, make_version, movement, promote
from tests.people import make_user


@pytest.fixture(autouse=True)
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs wait in the database until a test runs them."""
    for module in (delivery, jobs):
        monkeypatch.setattr(module, "job_deliver", lambda **_: True)


@pytest.fixture(autouse=True)
def fresh_log() -> Iterator[None]:
    prediction_log._waiting.clear()
    serving_forget()
    yield
    prediction_log._waiting.clear()
    serving_forget()


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


@pytest.fixture
def staff(db: None) -> Any:
    return make_user("esi", role=Role.ML_STAFF)


@pytest.fixture
def second_staff(db: None) -> Any:
    return make_user("ato", role=Role.ML_STAFF)


@pytest.fixture
def new_athlete(db: None) -> Callable[..., Athlete]:
    """new_athlete("ama", learns=True)"""

    def make(name: str, *, learns: bool = True) -> Athlete:
        athlete = athlete_for(make_user(name))
        if learns:
            Consent.objects.create(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR)
        return athlete

    return make


@pytest.fixture
def athlete(new_athlete: Any) -> Athlete:
    return new_athlete("ama")


@pytest.fixture
def new_recording(media: Path) -> Callable[..., Recording]:
    """new_recording(athlete, seconds=60, seed=0): a FlexTail recording."""

    def make(athlete: Athlete, *, seconds: float = 60.0, seed: int = 0) -> Recording:
        workout = workout_create(athlete=athlete, title="Legs")
        layout = SensorLayout.objects.get(key="flextail", owner=None)
        return recording_store(
            pk=uuid.uuid4(),
            session_for=lambda _: workout,
            layout=layout,
            source=RecordingSource.IMPORT,
            fill=lambda folder: write_recording(
                folder / "samples.parquet", layout_of(layout), [movement(seconds, seed=seed)]
            ),
            started_at=lambda _: workout.started_at,
        )

    return make


@pytest.fixture
def task(media: Path, db: None) -> Task:
    return make_task()


@pytest.fixture
def version(task: Task) -> ModelVersion:
    """The champion."""
    made = make_version(task)
    promote(made)
    return made
