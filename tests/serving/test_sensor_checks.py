"""What live streams find wrong with their sensors stands on the page that watches models."""

import pytest
from django.urls import reverse

from accounts.models import Consent
from sessions.live.services.sensor_checks import checks_store
from sessions.models import LiveStream, SensorCheck, SensorLayout
from sessions.services.workouts import workout_create

pytestmark = pytest.mark.django_db
GAIN = {"code": "gain", "channel": "acceleration", "severity": "warning", "text": "It turns twice as much."}
AXES = {"code": "axes", "channel": "", "severity": "error", "text": "Two axes look swapped."}


def test_findings_are_kept_ended_and_shown_by_pseudonym(athlete, version, staff, client):
    layout = SensorLayout.objects.get(key="flextail", owner=None)
    workout = workout_create(athlete=athlete, title="Live")
    stream = LiveStream.objects.create(session=workout, layout=layout, task_name="exercise", rate_hz=50)
    for checks in ([GAIN], [GAIN, AXES], [AXES]):
        checks_store(stream.pk, checks)
    assert {row.code: row.ended_at is None for row in SensorCheck.objects.all()} == {"gain": False, "axes": True}
    client.force_login(staff)
    page = client.get(reverse("mlops:drift"), {"task": "exercise"}).content.decode()
    assert "Two axes look swapped." in page
    assert athlete.pseudonym in page
    Consent.objects.update(withdrawn_at="2026-01-01T00:00:00Z")
    page = client.get(reverse("mlops:drift"), {"task": "exercise"}).content.decode()
    assert "Two axes look swapped." not in page
    stream.delete()
    checks_store(stream.pk, [GAIN])
