"""Settings pages for every role."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Role
from accounts.services.audit import audit

pytestmark = pytest.mark.django_db
PAGES = ["profile", "security", "consent", "my_teams", "tokens", "activity", "data"]


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_for_every_role(browse, make_user, role, name):
    response = browse(make_user("ada", role=role)).get(reverse(f"accounts:{name}"))
    assert response.status_code == 200
    assert 'aria-current="page"' in response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_signing_in_comes_first(client, name):
    url = reverse(f"accounts:{name}")
    assert client.get(url).url == f"{reverse('account_login')}?next={url}"


def test_the_profile_is_saved(browse, athlete_user):
    fields = {
        "first_name": "Ama",
        "last_name": "Mensah",
        "units": "imperial",
        "time_zone": "Africa/Accra",
        "role": "coach",
    }
    browse(athlete_user).post(reverse("accounts:profile"), fields)
    athlete_user.refresh_from_db()
    assert (athlete_user.first_name, athlete_user.units, athlete_user.time_zone) == ("Ama", "imperial", "Africa/Accra")
    assert athlete_user.role == Role.ATHLETE, "a role is not one's own to set"


def test_a_wrong_profile_is_answered_with_400(browse, athlete_user):
    response = browse(athlete_user).post(reverse("accounts:profile"), {"units": "stones", "time_zone": "Mars/Olympus"})
    assert response.status_code == 400
    assert {"units", "time_zone"} <= response.context["form"].errors.keys()


def test_times_are_shown_in_the_own_zone(browse, make_user):
    user = make_user("mei", time_zone="Asia/Tokyo")
    audit(actor=user, action="login")
    AuditEvent.objects.update(at="2026-01-01T20:00:00Z")
    page = browse(user).get(reverse("accounts:activity")).content.decode()
    assert "2 Jan 2026, 05:00" in page
    assert "Signed in" in page


def test_activity_shows_only_ones_own(browse, athlete_user, other_athlete_user):
    audit(actor=other_athlete_user, action="token.created")
    assert "Token created" not in browse(athlete_user).get(reverse("accounts:activity")).content.decode()
    audit(actor=other_athlete_user, subject=athlete_user, action="role.changed", before="athlete", after="coach")
    page = browse(athlete_user).get(reverse("accounts:activity")).content.decode()
    assert "Role changed" in page
    assert other_athlete_user.username not in page.split("<main")[1]


def test_the_own_audit_log_through_the_api(api, athlete_user, other_athlete_user):
    audit(actor=athlete_user, action="token.created", scopes=["read"])
    audit(actor=other_athlete_user, action="token.created")
    rows = api(athlete_user).get("/api/v1/audit-events/").json()["results"]
    assert [row["words"] for row in rows] == ["Token created"]


def test_me(api, athlete_user):
    client = api(athlete_user)
    assert client.get("/api/v1/me/").json()["role"] == "athlete"
    answer = client.patch("/api/v1/me/", {"time_zone": "Africa/Accra"}, format="json")
    assert answer.status_code == 200
    assert answer.json()["time_zone"] == "Africa/Accra"


@pytest.mark.parametrize(
    "field", ["role", "team", "owner", "is_staff", "is_superuser", "email", "username", "password"]
)
def test_what_is_not_ones_own_to_set_is_an_unknown_field(api, athlete_user, field):
    answer = api(athlete_user).patch("/api/v1/me/", {field: "administrator", "units": "imperial"}, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"
    athlete_user.refresh_from_db()
    assert athlete_user.role == Role.ATHLETE
    assert athlete_user.units == "metric"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", None, 5])
def test_a_wrong_zone_is_400(api, athlete_user, zone):
    assert api(athlete_user).patch("/api/v1/me/", {"time_zone": zone}, format="json").status_code == 400
