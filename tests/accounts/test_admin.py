"""Django's admin by role."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Membership, Role, Team, TeamRole, User
from accounts.services.teams import team_create, team_join

pytestmark = pytest.mark.django_db
OF_ACCOUNTS = ["user", "team", "membership", "auditevent"]


def opens(client, name, *args):
    return client.get(reverse(f"admin:accounts_{name}", args=args)).status_code


@pytest.fixture
def administrator(make_user):
    """By role alone: not a superuser."""
    return make_user("boss", role=Role.ADMINISTRATOR)


def test_who_sees_which_tables(browse, athlete_user, coach_user, staff_user, administrator):
    def seen(user):
        client = browse(user)
        return {name for name in OF_ACCOUNTS if opens(client, f"{name}_changelist") == 200}

    assert seen(coach_user) == {"team", "membership"}
    assert seen(staff_user) == set()
    assert seen(administrator) == set(OF_ACCOUNTS)
    assert browse(athlete_user).get(reverse("admin:index")).status_code in (302, 403)


def test_a_coach_finds_only_the_people_tables_on_the_index(browse, coach_user):
    page = browse(coach_user).get(reverse("admin:index"))
    apps = {app["app_label"]: {model["object_name"] for model in app["models"]} for app in page.context["app_list"]}
    assert apps == {"accounts": {"Team", "Membership"}}


def test_a_coach_manages_only_own_teams(browse, team, coach_user, other_coach_user):
    other = team_create(coach=other_coach_user, name="Others")
    client = browse(coach_user)
    page = client.get(reverse("admin:accounts_team_changelist")).content.decode()
    assert "Strong people" in page
    assert "Others" not in page
    assert opens(client, "team_change", team.pk) == 200
    assert opens(client, "team_change", other.pk) == 302
    foreign = other.memberships.get()
    assert opens(client, "membership_change", foreign.pk) == 302


def test_a_coach_renames_a_team_and_ends_a_membership(browse, team, coach_user, athlete_user):
    client = browse(coach_user)
    forms = {
        f"{prefix}-{key}": "0" for prefix in ("memberships", "invitations") for key in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    client.post(reverse("admin:accounts_team_change", args=[team.pk]), {"name": "Renamed", **forms})
    team.refresh_from_db()
    assert team.name == "Renamed"
    membership = Membership.objects.get(user=athlete_user)
    client.post(
        reverse("admin:accounts_membership_changelist"), {"action": "end_selected", "_selected_action": membership.pk}
    )
    membership.refresh_from_db()
    assert membership.ended_at is not None


def test_a_coach_makes_a_team_there_too(browse, coach_user):
    browse(coach_user).post(reverse("admin:accounts_team_add"), {"name": "From the admin"})
    assert Team.objects.coached_by(coach_user).get().name == "From the admin"


def change(client, user, **fields):
    body = {
        "username": user.username,
        "email": user.email,
        "units": "metric",
        "time_zone": "UTC",
        "role": user.role,
        "is_active": "on",
        **fields,
    }
    return client.post(reverse("admin:accounts_user_change", args=[user.pk]), body)


def test_an_administrator_gives_a_role_and_it_is_audited(browse, administrator, athlete_user):
    assert change(browse(administrator), athlete_user, role="ml_staff").status_code == 302
    athlete_user.refresh_from_db()
    assert athlete_user.is_ml_staff
    assert athlete_user.is_staff
    event = AuditEvent.objects.get(action="role.changed")
    assert (event.actor, event.subject, event.detail) == (
        administrator,
        athlete_user,
        {"before": "athlete", "after": "ml_staff"},
    )


def test_a_coach_who_is_made_an_athlete_coaches_no_more(browse, administrator, coach_user, other_coach_user):
    team = team_create(coach=coach_user, name="Strong people")
    team_join(team=team, user=other_coach_user, role=TeamRole.COACH)
    change(browse(administrator), coach_user, role="athlete")
    coach_user.refresh_from_db()
    assert not coach_user.is_staff
    assert not Membership.objects.active().filter(user=coach_user).exists()


def test_nobody_changes_the_own_role(browse, administrator):
    change(browse(administrator), administrator, role="ml_staff")
    assert User.objects.get(pk=administrator.pk).is_administrator


def test_locking_an_account_ends_its_sessions(browse, administrator, athlete_user):
    athlete = browse(athlete_user)
    body = {
        "username": "athlete",
        "email": athlete_user.email,
        "units": "metric",
        "time_zone": "UTC",
        "role": "athlete",
    }
    browse(administrator).post(reverse("admin:accounts_user_change", args=[athlete_user.pk]), body)
    assert athlete.get(reverse("accounts:profile")).status_code == 302


@pytest.mark.parametrize("role", [Role.COACH, Role.ML_STAFF])
def test_only_administrators_post_roles(browse, make_user, athlete_user, role):
    assert change(browse(make_user("x", role=role)), athlete_user, role="administrator").status_code == 403
    athlete_user.refresh_from_db()
    assert athlete_user.is_athlete


def test_the_audit_log_is_read_only(browse, administrator, athlete_user):
    from accounts.services.audit import audit

    event = audit(actor=athlete_user, action="login")
    client = browse(administrator)
    assert opens(client, "auditevent_change", event.pk) == 200
    assert client.post(reverse("admin:accounts_auditevent_change", args=[event.pk]), {"action": "x"}).status_code == 403
    assert client.post(reverse("admin:accounts_auditevent_delete", args=[event.pk]), {"post": "yes"}).status_code == 403


def test_administrators_see_no_product_rows(browse, administrator):
    page = browse(administrator).get(reverse("admin:index"))
    labels = {app["app_label"] for app in page.context["app_list"]}
    assert "workouts" not in labels


def test_createsuperuser_makes_an_administrator(db):
    assert User.objects.create_superuser("root", "root@example.org", "a-long-enough-password").is_administrator
