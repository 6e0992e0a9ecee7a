"""Sensor checks on the page that watches served models."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from mlops.slots import Slot, register
from sessions.models import SensorCheck

DAYS, MOST = 7, 30


def register_slot() -> None:
    """Called once from declarations.register()."""
    register("drift", Slot("sensor checks", "workouts/sensor_checks.html", sensor_checks, 30))


def sensor_checks(task: Any, user: Any) -> dict[str, Any] | None:
    """Findings of the last week in streams of this task's sensor, by pseudonym; None for other kinds."""
    layout = task.input.get("layout") if task is not None else None
    if not layout:
        return None
    since = timezone.now() - timedelta(days=DAYS)
    rows = SensorCheck.objects.visible_to(user).filter(stream__layout__key=layout, found_at__gte=since)
    found = rows.select_related("stream__session__athlete", "stream__layout")[:MOST]
    return {"checks": list(found), "n": rows.count(), "days": DAYS}
