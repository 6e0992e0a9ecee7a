"""Who is champion: gates, events, conflicts, damage, and that there is always exactly one."""

from contextlib import contextmanager

import pytest

from mlops.models import ModelAlias, ModelVersion, PromotionEvent
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.promotion import current_champion, previous_champion, task_rollback, version_promote
from mlops.registry.services.retirement import version_retire
from mlops.serving.services.versions import champion, serving_forget
from tests.mlops.moves import REFUSALS, check_history, hundred_moves, in_threads
from web.refusals import Problem

pytestmark = pytest.mark.django_db


@contextmanager
def refused(code: str, status: int = 409):
    with pytest.raises(Problem) as caught:
        yield
    assert (caught.value.code, caught.value.status) == (code, status)


@pytest.fixture
def versions(train, build):
    dataset = build()
    return [train(dataset) for _ in range(3)]


def test_promoting_moves_the_title_and_writes_history(versions, staff, task):
    one, two, _ = versions
    version_promote(version=one, by=staff, reason="First")
    version_promote(version=two, by=staff)
    assert current_champion(task) == two.pk
    events = list(PromotionEvent.objects.filter(task=task).order_by("at"))
    assert [(event.from_version, event.to_version) for event in events] == [(None, one), (one, two)]
    assert events[0].by == staff
    assert events[0].reason == "First"
    with refused("champion_already"):
        version_promote(version=two, by=staff)


def test_rolling_back_goes_down_the_stack(versions, staff, task):
    with refused("no_previous"):
        task_rollback(task=task, by=staff)
    one, two, three = versions
    version_promote(version=one, by=staff)
    with refused("no_previous"):
        task_rollback(task=task, by=staff)
    version_promote(version=two, by=staff)
    version_promote(version=three, by=staff)
    assert task_rollback(task=task, by=staff).to_version == two
    assert task_rollback(task=task, by=staff).to_version == one
    with refused("no_previous"):
        task_rollback(task=task, by=staff)
    version_promote(version=three, by=staff)
    assert previous_champion(task) == one


def test_a_missed_gate_needs_an_override_with_a_reason(versions, staff):
    one = versions[0]
    one.gates = {"accuracy": {"least": 0.99999, "value": 0.5, "passed": False}}
    one.save()
    with refused("gates_missed"):
        version_promote(version=one, by=staff)
    with refused("reason_required", 400):
        version_promote(version=one, by=staff, override=True, reason="  ")
    assert version_promote(version=one, by=staff, override=True, reason="Demo tomorrow").overrode_gates


def test_deciding_on_an_old_page_is_refused(versions, staff):
    one, two, three = versions
    version_promote(version=one, by=staff, expected=None)
    with refused("champion_moved"):
        version_promote(version=two, by=staff, expected=None)
    version_promote(version=two, by=staff, expected=one.pk)
    with refused("champion_moved"):
        version_promote(version=three, by=staff, expected=one.pk)
    assert ModelAlias.objects.count() == 1


def test_a_flipped_byte_is_refused_and_the_champion_stays(versions, staff, task):
    one, two, _ = versions
    version_promote(version=one, by=staff)
    weights = artifact_path(two) / "weights.npy"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with refused("bad_artifact", 422):
        version_promote(version=two, by=staff)
    assert current_champion(task) == one.pk


def test_a_retired_version_is_refused(versions, staff):
    one = versions[0]
    ModelVersion.objects.filter(pk=one.pk).update(retired_at=one.created_at)
    one.refresh_from_db()
    with refused("retired"):
        version_promote(version=one, by=staff)


def test_serving_follows_the_champion(versions, staff, task, django_capture_on_commit_callbacks):
    assert champion("tiny-task") is None
    with django_capture_on_commit_callbacks(execute=True):
        version_promote(version=versions[0], by=staff)
    served = champion("tiny-task")
    assert (served.version_id, served.number) == (versions[0].pk, 1)
    assert served.manifest["labels"] == ["still", "swing"]
    assert served.path == artifact_path(versions[0])
    with django_capture_on_commit_callbacks(execute=True):
        version_promote(version=versions[1], by=staff)
    assert champion("tiny-task").version_id == versions[1].pk
    assert champion("no-such-task") is None


def test_serving_asks_the_database_seldom(versions, staff, django_assert_num_queries):
    version_promote(version=versions[0], by=staff)
    serving_forget()
    champion("tiny-task")
    with django_assert_num_queries(0):
        for _ in range(50):
            champion("tiny-task")


@pytest.mark.django_db(transaction=True)
def test_of_two_promotes_at_once_one_wins(versions, staff, task):
    one, two, three = versions
    version_promote(version=one, by=staff)
    outcomes = in_threads([lambda v=v: version_promote(version=v, by=staff, expected=one.pk) for v in (two, three)])
    assert sorted(outcomes) == ["champion_moved", "done"]
    assert PromotionEvent.objects.filter(task=task).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_hundred_moves_at_once_leave_exactly_one_champion(versions, staff, task):
    done, outcomes = hundred_moves(versions, staff, task, seed=7)
    assert set(outcomes) <= REFUSALS
    check_history(task, done)


def test_a_version_retired_behind_the_row_that_was_looked_at_is_refused(versions, staff):
    stale = ModelVersion.objects.get(pk=versions[1].pk)
    version_retire(version=versions[1], by=staff)
    assert stale.retired_at is None
    with refused("retired"):
        version_promote(version=stale, by=staff)
    assert not ModelAlias.objects.filter(version=stale).exists()
