"""Challengers, retiring, deleting."""

import pytest
from django.utils import timezone

from mlops.models import EvaluatedSubject, ModelAlias, ModelVersion, PromotionEvent
from mlops.registry.services.artifacts import artifact_path
from mlops.registry.services.promotion import (
    challenger_withdraw,
    champion_retire,
    current_alias,
    current_champion,
    task_rollback,
    version_challenge,
    version_promote,
)
from mlops.registry.services.retirement import version_delete, version_retire
from tests.mlops.test_promotion import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions(train, build):
    dataset = build()
    return [train(dataset) for _ in range(3)]


def test_a_challenger_has_a_share_and_a_history(versions, staff, task):
    one, two, three = versions
    with refused("no_champion"):
        version_challenge(version=two, by=staff, share=0.1)
    version_promote(version=one, by=staff)
    with refused("champion_already"):
        version_challenge(version=one, by=staff, share=0.1)
    for share in (0, 1, 1.5, float("nan"), True):
        with refused("bad_share", 400):
            version_challenge(version=two, by=staff, share=share)
    version_challenge(version=two, by=staff, share=0.1, expected=None)
    with refused("challenger_moved"):
        version_challenge(version=three, by=staff, share=0.5, expected=None)
    version_challenge(version=two, by=staff, share=0.4, reason="More of it")
    alias = ModelAlias.objects.get(task=task, name="challenger")
    assert (alias.version, alias.traffic_share) == (two, 0.4)
    event = PromotionEvent.objects.filter(task=task).first()
    assert (event.action, event.share, event.to_number, event.reason) == ("challenge", 0.4, 2, "More of it")
    challenger_withdraw(task=task, by=staff)
    assert current_alias(task, "challenger") is None
    with refused("no_challenger"):
        challenger_withdraw(task=task, by=staff)
    assert current_champion(task) == one.pk


def test_a_challenger_that_wins_challenges_nobody(versions, staff, task):
    one, two, _ = versions
    version_promote(version=one, by=staff)
    version_challenge(version=two, by=staff, share=0.2)
    version_promote(version=two, by=staff)
    assert current_champion(task) == two.pk
    assert current_alias(task, "challenger") is None
    version_challenge(version=one, by=staff, share=0.2)
    assert task_rollback(task=task, by=staff).to_version == one
    assert current_alias(task, "challenger") is None


def test_missed_gates_keep_a_challenger_out_too(versions, staff):
    one, two, _ = versions
    version_promote(version=one, by=staff)
    ModelVersion.objects.filter(pk=two.pk).update(gates={"ece": {"most": 0.1, "value": 0.4, "passed": False}})
    two.refresh_from_db()
    with refused("gates_missed"):
        version_challenge(version=two, by=staff, share=0.1)
    assert version_challenge(version=two, by=staff, share=0.1, override=True, reason="A look").overrode_gates


def test_a_retired_challenger_steps_down(versions, staff, task):
    one, two, _ = versions
    version_promote(version=one, by=staff)
    version_challenge(version=two, by=staff, share=0.1)
    ModelVersion.objects.filter(pk=two.pk).update(retired_at=timezone.now())
    assert champion_retire(version=two, reason="Erased") is None
    assert current_alias(task, "challenger") is None


def test_retiring_is_refused_in_service_and_leaves_an_event(versions, staff, task):
    one, two, _ = versions
    version_promote(version=one, by=staff)
    with refused("in_service"):
        version_retire(version=one, by=staff)
    version_retire(version=two, by=staff, reason="Too slow")
    two.refresh_from_db()
    assert two.retired_at
    with refused("retired"):
        version_promote(version=two, by=staff)
    with refused("retired"):
        version_retire(version=two, by=staff)
    assert PromotionEvent.objects.filter(task=task, action="retire", from_number=2, reason="Too slow").exists()


def test_deleting_is_real_and_the_number_never_comes_back(
    versions, staff, task, train, django_capture_on_commit_callbacks
):
    one, _, three = versions
    version_promote(version=one, by=staff)
    with refused("in_service"):
        version_delete(version=one, by=staff)
    path = artifact_path(three)
    assert path.is_dir()
    with django_capture_on_commit_callbacks(execute=True):
        event = version_delete(version=three, by=staff, reason="A mistake")
    assert not path.exists()
    assert not ModelVersion.objects.filter(pk=three.pk).exists()
    assert not EvaluatedSubject.objects.filter(version=three.pk).exists()
    assert (event.action, event.from_number, event.from_version, event.reason) == ("delete", 3, None, "A mistake")
    assert train().number == 4


def test_what_ships_with_the_code_is_not_deleted(versions, staff):
    ModelVersion.objects.filter(pk=versions[0].pk).update(artifact_dir="champions/tiny/tiny")
    versions[0].refresh_from_db()
    with refused("shipped"):
        version_delete(version=versions[0], by=staff)


def test_rolling_back_passes_over_deleted_champions(versions, staff, task):
    one, two, three = versions
    for version in versions:
        version_promote(version=version, by=staff)
    version_delete(version=two, by=staff)
    assert task_rollback(task=task, by=staff).to_version == one
    assert three.number == 3


def test_only_another_trained_champion_is_compared_with(versions, staff, client):
    champion, other = versions[:2]
    version_promote(version=champion, by=staff, override=True, reason="first")
    client.force_login(staff)

    def is_offered(version):
        return "Compare with champion" in client.get(f"/ml/versions/{version.pk}/").content.decode()

    assert is_offered(other)
    assert not is_offered(champion)
    champion.run = None
    champion.save(update_fields=["run"])
    assert not is_offered(other)
