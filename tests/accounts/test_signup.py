"""Making an account."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Role, User

pytestmark = pytest.mark.django_db
FORM = {
    "email": "esi@example.org",
    "username": "esi",
    "password1": "a-long-enough-password",
    "role": "athlete",
    "units": "imperial",
    "time_zone": "Africa/Accra",
}


def test_sign_up(client):
    assert client.get(reverse("account_signup")).status_code == 200
    response = client.post(reverse("account_signup"), FORM)
    assert response.status_code == 302
    user = User.objects.get(username="esi")
    assert (user.role, user.units, user.time_zone) == (Role.ATHLETE, "imperial", "Africa/Accra")
    assert not user.is_staff
    assert AuditEvent.objects.filter(actor=user, action="account.created").exists()


def test_a_name_need_not_be_typed(client):
    page = client.get(reverse("account_signup"))
    assert [field.name for field in page.context["form"].asked()] == ["email", "role", "password1"]
    client.post(reverse("account_signup"), {**FORM, "username": ""})
    client.post(reverse("account_logout"))
    client.post(reverse("account_signup"), {**FORM, "username": "", "email": "esi@example.com"})
    first, second = User.objects.order_by("pk")
    assert first.username == "esi"
    assert second.username.startswith("esi")
    assert second.username != "esi"


def test_a_coach_may_open_the_admin_site(client):
    client.post(reverse("account_signup"), {**FORM, "role": "coach"})
    assert User.objects.get(username="esi").is_staff


@pytest.mark.parametrize("role", ["ml_staff", "administrator", "", "root"])
def test_no_other_role_can_be_chosen(client, role):
    response = client.post(reverse("account_signup"), {**FORM, "role": role})
    assert response.status_code == 200
    assert "role" in response.context["form"].errors
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", ""])
def test_time_zones_are_iana_names(client, name):
    response = client.post(reverse("account_signup"), {**FORM, "time_zone": name})
    assert "time_zone" in response.context["form"].errors


def test_weak_passwords_are_refused(client):
    response = client.post(reverse("account_signup"), {**FORM, "password1": "password12"})
    assert "password1" in response.context["form"].errors


def test_the_page_guesses_the_time_zone(client):
    page = client.get(reverse("account_signup")).content.decode()
    assert "data-guess-time-zone" in page
    assert "accounts/time_zone.js" in page


def test_signing_up_from_an_invitation_leads_back_to_it(client, coach_user):
    from accounts.services.invitations import invitation_create
    from accounts.services.teams import team_create

    team = team_create(coach=coach_user, name="Strong people")
    _, secret = invitation_create(team=team, by=coach_user)
    url = reverse("accounts:invitation", args=[secret])
    page = client.get(url).content.decode()
    assert "next=%2Finvitations%2F" in page
    response = client.post(f"{reverse('account_signup')}?next={url}", {**FORM, "next": url})
    assert response.url == url
    assert "Join team" in client.get(url).content.decode()
