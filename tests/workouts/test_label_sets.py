"""The chooser of a recording offers the label sets that fit what was worn."""

import pytest

from mlops.models import LabelSet, Task
from sessions.models import SensorLayout
from sessions.selectors.spans import label_sets_for

pytestmark = pytest.mark.django_db
LABELS = [{"name": "squat", "title": "Squat", "key": "1"}]


@pytest.fixture(autouse=True)
def no_tasks() -> None:
    Task.objects.all().delete()
    LabelSet.objects.all().delete()


def made(name: str, *tasks: dict, **fields) -> LabelSet:
    row = LabelSet.objects.create(name=name, labels=LABELS, **{"is_shared": True, **fields})
    for number, values in enumerate(tasks):
        Task.objects.create(
            name=f"{name}-{number}".lower(), title=name, kind="sensor_classification", input=values, label_set=row
        )
    return row


def layout_of(key: str) -> SensorLayout:
    return SensorLayout.objects.get(key=key, owner=None)


def names(user, layout: SensorLayout) -> list[str]:
    return [one["name"] for one in label_sets_for(user=user, layout=layout)]


def test_sets_of_other_layouts_and_other_kinds_are_not_offered(athlete_user):
    made("Back", {"layout": "flextail"})
    made("Chest", {"layout": "imu6"})
    made("Both", {"layout": "imu6"}, {"layout": "flextail"})
    made("Photos", {"size": 224})
    made("Free")
    assert names(athlete_user, layout_of("flextail")) == ["Back", "Both", "Free"]
    assert names(athlete_user, layout_of("imu6")) == ["Both", "Chest", "Free"]


def test_a_layout_that_no_task_reads_begins_with_what_others_learn(athlete_user):
    made("Back", {"layout": "flextail"})
    made("Photos", {"size": 224})
    assert names(athlete_user, layout_of("imu9")) == ["Back"]


def test_several_devices_at_once_have_the_sets_of_one(athlete_user):
    made("Chest", {"layout": "imu6"})
    made("Back", {"layout": "flextail"})
    base = layout_of("imu6")
    pair = SensorLayout(key="imu6.u2+u5", title="Two", channels=base.channels, rate_hz=50, base=base)
    assert names(athlete_user, pair) == ["Chest"]


def test_somebody_elses_own_set_is_never_offered(athlete_user, django_user_model):
    other = django_user_model.objects.create_user("other", "other@example.org", "x" * 12)
    made("Secret", owner=other, is_shared=False)
    made("Mine", owner=athlete_user, is_shared=False)
    assert names(athlete_user, layout_of("flextail")) == ["Mine"]


def test_without_any_set_the_exercises_are_offered(athlete_user):
    assert names(athlete_user, layout_of("flextail")) == ["Exercises"]
