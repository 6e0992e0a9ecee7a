"""Consent: scope by scope, given and taken back."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Athlete, AuditEvent, CoachScope, Consent, ConsentKind, LearningScope
from accounts.services.consent import consent_grant, consent_withdraw
from accounts.services.teams import membership_end, team_create
from web.registries import consent as hooks

pytestmark = pytest.mark.django_db


def grant(athlete, scope, team=None):
    kind = ConsentKind.COACH if team else ConsentKind.LEARNING
    return consent_grant(athlete=athlete, kind=kind, scope=scope, team=team, by=athlete.user)


def seen_by(coach, scope=CoachScope.TRAINING):
    return set(Athlete.objects.visible_to(coach, scope).exclude(user=coach))


def test_a_coach_sees_only_what_is_shared(team, athlete, coach_user, other_coach_user):
    assert seen_by(coach_user) == set()
    assert seen_by(coach_user, None) == {athlete}, "the name on the list needs only membership"
    grant(athlete, CoachScope.TRAINING, team)
    assert seen_by(coach_user) == {athlete}
    assert seen_by(coach_user, CoachScope.NUTRITION) == set()
    assert seen_by(other_coach_user, None) == set()


def test_taking_back_works_at_once_and_keeps_history(sharing, team, coach_user):
    consent_withdraw(athlete=sharing, kind=ConsentKind.COACH, scope=CoachScope.TRAINING, team=team, by=sharing.user)
    assert seen_by(coach_user) == set()
    row = Consent.objects.get(athlete=sharing)
    assert row.withdrawn_at is not None
    grant(sharing, CoachScope.TRAINING, team)
    assert Consent.objects.filter(athlete=sharing).count() == 2


def test_granting_twice_is_one_row(athlete, team):
    assert grant(athlete, CoachScope.TRAINING, team) == grant(athlete, CoachScope.TRAINING, team)
    assert AuditEvent.objects.filter(action="consent.granted").count() == 1


@pytest.mark.parametrize("scope", ["sensor", "everything", ""])
def test_coach_scopes_are_checked(athlete, team, scope):
    with pytest.raises(ValidationError):
        grant(athlete, scope, team)


def test_only_for_a_team_one_trains_in(athlete, other_coach_user):
    with pytest.raises(ValidationError):
        grant(athlete, CoachScope.TRAINING, team_create(coach=other_coach_user, name="Others"))


def test_hooks_run_after_withdrawal_only(athlete, monkeypatch, django_capture_on_commit_callbacks):
    calls = []
    monkeypatch.setattr(hooks, "_hooks", [lambda *told: calls.append(told)])
    grant(athlete, LearningScope.SENSOR)
    for expected in (1, 1):
        with django_capture_on_commit_callbacks(execute=True):
            consent_withdraw(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR, by=athlete.user)
        assert calls == [(athlete.user, "learning", "sensor")] * expected


def test_learnable_follows_learning_consent(athlete):
    assert not Athlete.objects.learnable(LearningScope.SENSOR).exists()
    grant(athlete, LearningScope.SENSOR)
    assert list(Athlete.objects.learnable(LearningScope.SENSOR)) == [athlete]
    assert not Athlete.objects.learnable(LearningScope.VOICE).exists()


def test_the_end_of_a_membership_ends_its_consents(sharing, team, coach_user):
    membership_end(membership=team.memberships.get(user=sharing.user), by=coach_user)
    assert seen_by(coach_user, None) == set()
    assert not Consent.objects.active().filter(team=team).exists()


def test_the_page_saves_exactly_what_is_ticked(browse, sharing, team):
    client = browse(sharing.user)
    url = reverse("accounts:consent_team", args=[team.pk])
    client.post(url, {"scopes": ["recovery", "nutrition"]})
    active = Consent.objects.active().filter(team=team).values_list("scope", flat=True)
    assert set(active) == {"recovery", "nutrition"}
    client.post(url, {})
    assert not Consent.objects.active().exists()
    client.post(reverse("accounts:consent_learning"), {"scopes": ["sensor"]})
    page = client.get(reverse("accounts:consent")).content.decode()
    assert "Given on" in page
    assert '<span class="muted">Active</span>' in page
    assert "Strong people" in page


def test_a_forged_scope_changes_nothing(browse, sharing, team):
    browse(sharing.user).post(reverse("accounts:consent_team", args=[team.pk]), {"scopes": ["sensor"]})
    assert set(Consent.objects.active().values_list("scope", flat=True)) == {"training"}


def test_the_api_gives_and_takes_back(api, athlete, team, other_athlete_user):
    client = api(athlete.user)
    made = client.post("/api/v1/consents/", {"kind": "coach", "scope": "training", "team": str(team.pk)}, format="json")
    assert made.status_code == 201
    url = f"/api/v1/consents/{made.json()['id']}/"
    assert api(other_athlete_user).delete(url).status_code == 404
    assert client.delete(url).status_code == 204
    assert client.get(url).json()["withdrawn_at"] is not None


def test_a_foreign_team_in_the_body_is_not_found(api, other_athlete_user, team):
    body = {"kind": "coach", "scope": "training", "team": str(team.pk)}
    answer = api(other_athlete_user).post("/api/v1/consents/", body, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "not_found"
