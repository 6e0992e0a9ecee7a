"""Deleted check-ins: unknown to every figure at once, back within thirty days."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ConsentKind, LearningScope
from accounts.services.consent import consent_grant, consent_withdraw
from burnout.models import CheckIn, RiskEstimate
from burnout.selectors.learning import learning_days
from burnout.selectors.recovery import recovery_for
from burnout.services.checkins import bin_expire, checkin_delete, checkin_restore, checkin_save
from web.refusals import Problem
from web.registries import personal_data

TODAY = timezone.now().date()


@pytest.fixture
def client(athlete):
    found = Client()
    found.force_login(athlete.user)
    return found


def test_a_day_goes_and_comes_back_with_its_estimate(athlete, days, champion, client):
    days(athlete, 40)
    row = checkin_save(athlete=athlete, day=TODAY, answers={"stress": 6})
    assert RiskEstimate.objects.filter(day=TODAY).exists()
    answer = client.post(f"/recovery/check-ins/{row.pk}/delete/", follow=True)
    undo = f"/settings/deleted/check-in/{row.pk}/restore/"
    assert f'action="{undo}"' in answer.content.decode()
    assert not RiskEstimate.objects.filter(day=TODAY).exists()
    assert recovery_for(athlete=athlete, today=TODAY).checkin is None
    assert str(row.pk) not in [str(one["id"]) for one in client.get("/api/v1/check-ins/").json()["results"]]
    assert client.get(f"/api/v1/check-ins/{row.pk}/").status_code == 404
    assert "Check-in for" in client.get("/settings/deleted/").content.decode()
    assert client.post(undo)["Location"] == "/recovery/"
    assert CheckIn.objects.get(day=TODAY).stress == 6
    assert RiskEstimate.objects.filter(day=TODAY).exists()


def test_a_day_answered_again_is_not_doubled(athlete):
    old = checkin_save(athlete=athlete, day=TODAY, answers={"mood": 2})
    checkin_delete(checkin=old)
    new = checkin_save(athlete=athlete, day=TODAY, answers={"mood": 6})
    assert new.pk != old.pk
    with pytest.raises(Problem, match="answered again"):
        checkin_restore(old)
    assert CheckIn.objects.get() == new
    checkin_delete(checkin=new)
    assert CheckIn.all_with_deleted.filter(deleted_at__isnull=False).count() == 2
    checkin_restore(old)
    assert CheckIn.objects.get().mood == 2


def test_programs_restore_a_day(athlete, client):
    row = checkin_save(athlete=athlete, day=TODAY, answers={"mood": 2})
    assert client.delete(f"/api/v1/check-ins/{row.pk}/").status_code == 204
    answer = client.post(f"/api/v1/check-ins/{row.pk}/restore/")
    assert (answer.status_code, answer.json()["mood"]) == (200, 2)
    assert client.post(f"/api/v1/check-ins/{row.pk}/restore/").status_code == 404
    checkin_delete(checkin=row)
    checkin_save(athlete=athlete, day=TODAY, answers={"mood": 6})
    answer = client.post(f"/api/v1/check-ins/{row.pk}/restore/")
    assert (answer.status_code, answer.json()["code"]) == (409, "answered_again")


def test_it_goes_for_good_after_thirty_days_with_the_consent_and_is_exported_until_then(
    athlete, django_capture_on_commit_callbacks
):
    old, new = (checkin_save(athlete=athlete, day=TODAY - timedelta(days=n), answers={"mood": 2}) for n in (2, 1))
    kept = checkin_save(athlete=athlete, day=TODAY, answers={"mood": 5})
    checkin_delete(checkin=old)
    checkin_delete(checkin=new)
    CheckIn.all_with_deleted.filter(pk=old.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    bin_expire()
    assert set(CheckIn.all_with_deleted.all()) == {new, kept}
    table = next(table for table in personal_data.tables() if table.model is CheckIn)
    assert set(table.rows(athlete.user)) == {new, kept}
    consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    with django_capture_on_commit_callbacks(execute=True):
        consent_withdraw(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    assert set(CheckIn.all_with_deleted.all()) == {kept}


def test_who_deleted_every_day_teaches_nothing(athlete, days):
    consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.DAYS, by=athlete.user)
    days(athlete, 20)
    assert learning_days(outcome="burnout", include_generated=False).n_people == 1
    for row in CheckIn.objects.filter(athlete=athlete):
        checkin_delete(checkin=row)
    found = learning_days(outcome="burnout", include_generated=False)
    assert (found.n_people, found.n_answered, found.days) == (0, 0, [])
