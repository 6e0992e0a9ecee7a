"""A page asks the database as much for a year of training as for a week."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from burnout.models import CheckIn
from mlops.tasks.services.tasks import label_set_create, task_create
from sessions.services.workouts import workout_create
from tests.workouts.conftest import label, make_recording

pytestmark = pytest.mark.django_db
MOST = 40


def statements(client, path: str) -> int:
    client.get(path)  # what is remembered between requests
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def live_some(athlete, n: int, first: int) -> None:
    for number in range(first, first + n):
        workout = workout_create(athlete=athlete, title=f"Workout {number}")
        workout.started_at = timezone.now() - timedelta(days=number % 6, hours=1)
        workout.save(update_fields=["started_at"])
        label(make_recording(workout, seconds=20), 2, 10, "squat")
        day = timezone.localdate() - timedelta(days=number)
        CheckIn.objects.create(athlete=athlete, day=day, sleep_hours=7.5, fatigue=3, stress=3, soreness=2, mood=5)


@pytest.mark.parametrize("path", ["/today/", "/workouts/", "/recordings/", "/recovery/"])
def test_pages_of_an_athlete(path, athlete, media, browse):
    client = browse(athlete.user)
    live_some(athlete, 2, 0)
    few = statements(client, path)
    live_some(athlete, 8, 2)
    assert statements(client, path) == few
    assert few <= MOST, f"{path} asks {few} times"


def test_pages_of_ml_staff(staff_user, athlete, media, browse):
    client = browse(staff_user)
    labels = label_set_create(name="Moves", labels=[{"name": "squat"}, {"name": "row"}], owner=staff_user)

    def tasks(first: int, n: int) -> None:
        for number in range(first, first + n):
            task_create(
                name=f"task-{number}", title=f"Task {number}", kind="sensor_classification", owner=staff_user,
                label_set=labels, input={"layout": "imu6"},
            )  # fmt: skip

    tasks(0, 2)
    few, one = statements(client, "/ml/"), statements(client, "/ml/tasks/task-0/")
    tasks(2, 6)
    live_some(athlete, 6, 0)
    assert (statements(client, "/ml/"), statements(client, "/ml/tasks/task-0/")) == (few, one)
    assert max(few, one) <= MOST
