"""An athlete with a workout and a Task whose champion is the tiny model."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Athlete
from mlops.ml.sensors.layouts import BUILT_IN
from sessions.models import SensorLayout, WorkoutSession
from tests.live.tiny import make_task, make_version, promote
from tests.people import make_user


@pytest.fixture
def stage(transactional_db: None, settings: Any) -> SimpleNamespace:
    """stage.user, .session, .task, .version, .path: everything that a live session needs."""
    layout = BUILT_IN["flextail"].to_dict()
    SensorLayout.objects.get_or_create(
        key="flextail",
        defaults={"title": layout["title"], "channels": layout["channels"], "rate_hz": layout["rate_hz"]},
    )
    user = make_user("runner")
    athlete = Athlete.objects.create(user=user)
    session = WorkoutSession.objects.create(athlete=athlete, title="Live", started_at=timezone.now())
    task = make_task()
    version = make_version(task)
    promote(version)
    return SimpleNamespace(
        user=user, athlete=athlete, session=session, task=task, version=version, path=f"/ws/live/{session.pk}/"
    )
