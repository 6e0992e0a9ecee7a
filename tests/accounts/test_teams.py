"""Teams, invitations, memberships."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import Consent, Invitation, Membership, Team, TeamRole
from accounts.services.invitations import invitation_accept, invitation_create, invitation_revoke
from accounts.services.teams import membership_end, team_close, team_create, team_join

pytestmark = pytest.mark.django_db


def link_of(secret):
    return reverse("accounts:invitation", args=[secret])


@pytest.fixture
def invited(coach_user):
    """A team with one open invitation: (invitation, secret)."""
    return invitation_create(team=team_create(coach=coach_user, name="Strong people"), by=coach_user)


def test_only_coaches_create_teams(athlete_user, staff_user):
    for user in (athlete_user, staff_user):
        with pytest.raises(PermissionDenied):
            team_create(coach=user, name="No")


def test_a_coach_creates_a_team_and_gets_a_link_once(browse, coach_user):
    client = browse(coach_user)
    response = client.post(reverse("accounts:team_new"), {"name": "Strong people"})
    team = Team.objects.get()
    assert response.url == reverse("accounts:members", args=[team.pk])
    page = client.post(response.url, {"role": "athlete"})
    link = page.context["link"]
    assert link.startswith("http://testserver/invitations/")
    assert link in page.content.decode()
    assert link not in client.get(response.url).content.decode()
    secret = link.rstrip("/").split("/")[-1]
    assert secret not in repr(Invitation.objects.values().get())


def test_the_link_is_mailed_when_asked(browse, coach_user, mailoutbox):
    team = team_create(coach=coach_user, name="Strong people")
    page = browse(coach_user).post(reverse("accounts:members", args=[team.pk]), {"role": "athlete", "email": "a@b.org"})
    assert mailoutbox[0].to == ["a@b.org"]
    assert page.context["link"] in mailoutbox[0].body


def test_accepting_joins_with_the_ticked_scopes(browse, invited, athlete_user):
    invitation, secret = invited
    client = browse(athlete_user)
    page = client.get(link_of(secret)).content.decode()
    assert "Strong people" in page
    assert "Nothing else is shared" in page
    assert "checked" not in page.split("<fieldset>")[1].split("</fieldset>")[0]
    client.post(link_of(secret), {"answer": "accept", "scopes": ["training"]})
    assert Membership.objects.active().get(user=athlete_user).role == TeamRole.ATHLETE
    assert [c.scope for c in Consent.objects.active().filter(team=invitation.team)] == ["training"]


@pytest.mark.parametrize("end", ["used", "revoked", "expired", "declined", "closed team", "unknown"])
def test_a_link_that_no_longer_works_says_so(browse, invited, athlete_user, other_athlete_user, coach_user, end):
    invitation, secret = invited
    if end == "used":
        invitation_accept(invitation=invitation, user=athlete_user)
    elif end == "revoked":
        invitation_revoke(invitation=invitation, by=coach_user)
    elif end == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "declined":
        browse(athlete_user).post(link_of(secret), {"answer": "decline"})
    elif end == "closed team":
        team_close(team=invitation.team, by=coach_user)
    else:
        secret = "x" * 32
    for method in ("get", "post"):
        response = getattr(browse(other_athlete_user), method)(link_of(secret), {"answer": "accept"})
        assert response.status_code == 410
        assert "no longer works" in response.content.decode()
    assert not Membership.objects.filter(user=other_athlete_user).exists()


def test_anonymous_people_are_led_to_sign_up(client, invited):
    page = client.get(link_of(invited[1])).content.decode()
    assert reverse("account_signup") in page
    assert reverse("account_login") in page
    client.post(link_of(invited[1]), {"answer": "accept"})
    assert Invitation.objects.get().is_open


def test_roles_must_fit(coach_user, athlete_user, staff_user, invited):
    invitation, _ = invited
    for_coach, _ = invitation_create(team=invitation.team, by=coach_user, role=TeamRole.COACH)
    for wrong, user in [(for_coach, athlete_user), (invitation, staff_user)]:
        with pytest.raises(ValidationError):
            invitation_accept(invitation=wrong, user=user)


def test_a_second_coach_joins(coach_user, other_coach_user):
    team = team_create(coach=coach_user, name="Strong people")
    invitation, _ = invitation_create(team=team, by=coach_user, role=TeamRole.COACH)
    invitation_accept(invitation=invitation, user=other_coach_user)
    assert list(Team.objects.coached_by(other_coach_user)) == [team]


def test_nobody_joins_twice(invited, athlete_user, coach_user):
    invitation, _ = invited
    team_join(team=invitation.team, user=athlete_user, role=TeamRole.ATHLETE)
    with pytest.raises(ValidationError):
        invitation_accept(invitation=invitation, user=athlete_user)
    assert Invitation.objects.get().is_open


def test_open_invitations_are_bounded(invited, coach_user, monkeypatch):
    monkeypatch.setattr("accounts.services.invitations.MAX_OPEN", 1)
    with pytest.raises(ValidationError):
        invitation_create(team=invited[0].team, by=coach_user)


def test_the_only_coach_cannot_just_leave(team, coach_user, other_coach_user):
    own = team.memberships.get(user=coach_user)
    with pytest.raises(ValidationError):
        membership_end(membership=own, by=coach_user)
    team_join(team=team, user=other_coach_user, role=TeamRole.COACH)
    membership_end(membership=own, by=coach_user)
    assert not Team.objects.coached_by(coach_user).exists()


def test_an_athlete_leaves_on_the_own_page(browse, team, athlete_user):
    membership = team.memberships.get(user=athlete_user)
    page = browse(athlete_user).get(reverse("accounts:my_teams")).content.decode()
    assert "Strong people" in page
    browse(athlete_user).post(reverse("accounts:member_end", args=[membership.pk]))
    assert not Membership.objects.active().filter(user=athlete_user).exists()
    assert Membership.objects.filter(user=athlete_user).exists(), "the past stays"


def test_an_athlete_cannot_end_others(browse, team, athlete_user, coach_user):
    membership = team.memberships.get(user=coach_user)
    assert browse(athlete_user).post(reverse("accounts:member_end", args=[membership.pk])).status_code == 404


def test_closing_ends_everything(team, coach_user, athlete_user):
    invitation_create(team=team, by=coach_user)
    team_close(team=team, by=coach_user)
    assert not Membership.objects.active().exists()
    assert not Invitation.objects.open().exists()
    assert not Team.objects.visible_to(coach_user).exists()


def test_rejoining_does_not_bring_old_consent_back(sharing, team, coach_user):
    membership_end(membership=team.memberships.get(user=sharing.user), by=sharing.user)
    team_join(team=team, user=sharing.user, role=TeamRole.ATHLETE)
    assert not Consent.objects.active().filter(team=team).exists()


@pytest.mark.parametrize("field", ["role", "team", "owner", "user"])
def test_memberships_teams_and_roles_cannot_be_patched(api, team, coach_user, field):
    answer = api(coach_user).patch(f"/api/v1/teams/{team.pk}/", {field: "x"}, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"
    membership = team.memberships.get(user=coach_user)
    assert (
        api(coach_user).patch(f"/api/v1/memberships/{membership.pk}/", {field: "x"}, format="json").status_code == 405
    )


def test_the_api_invites(api, client, team, coach_user, other_coach_user):
    body = {"team": str(team.pk)}
    answer = api(coach_user).post("/api/v1/invitations/", body, format="json")
    assert answer.status_code == 201
    assert client.get(answer.json()["link"]).status_code == 200
    foreign = api(other_coach_user).post("/api/v1/invitations/", body, format="json")
    assert foreign.status_code == 400
    assert foreign.json()["code"] == "not_found"
