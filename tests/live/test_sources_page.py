"""What the page for choosing a source says about sensors that a program connects, not the browser."""

import pytest
from django.utils import timezone

from accounts.services.athletes import athlete_for
from sessions.models import LiveStream, SensorLayout
from sessions.services.workouts import workout_create

pytestmark = pytest.mark.django_db


def test_a_flextail_is_named_with_what_its_bridge_needs(browse, athlete_user):
    page = browse(athlete_user).get("/live/?source=flextail").content.decode()
    assert '<input type="radio" name="source" value="flextail" checked>' in page
    words = page.partition('data-for="flextail"')[2].partition('data-for="recording')[0]
    for address in ("/settings/tokens/", "/api/docs/fitbalance_live.py", "/api/docs/live.md", "/import/"):
        assert f'href="{address}"' in words
    guided = browse(athlete_user).get("/live/guided/").content.decode()
    assert 'value="flextail"' not in guided, "takes begin on the page"


def test_a_session_from_elsewhere_can_be_watched_by_its_athlete_alone(browse, athlete_user, other_athlete_user):
    now, athlete = timezone.now(), athlete_for(athlete_user)
    workout = workout_create(athlete=athlete, title="Back day", started_at=now, time_zone="UTC")
    layout = SensorLayout.objects.get(key="flextail")
    LiveStream.objects.create(session=workout, layout=layout, task_name="exercise", seen_at=now)
    assert f'href="/live/{workout.pk}/"' in browse(athlete_user).get("/live/").content.decode()
    assert "Back day" not in browse(other_athlete_user).get("/live/").content.decode()
