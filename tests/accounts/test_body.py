"""Units, height and weight: entered and shown in one's own units, stored and told by the API in SI."""

import json
import zipfile

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Athlete, CoachScope
from accounts.services.athletes import athlete_for
from accounts.services.consent import consent_grant
from accounts.services.export import export_account

pytestmark = pytest.mark.django_db
URL = "accounts:body"


def body(user):
    row = Athlete.objects.get(user=user)
    return row.height_m, row.mass_kg


@pytest.fixture
def american(athlete_user):
    athlete_user.units = "imperial"
    athlete_user.save()
    return athlete_user


def test_metric_in_si_out(browse, athlete_user):
    browse(athlete_user).post(reverse(URL), {"height_cm": "180", "mass": "79.4"})
    assert body(athlete_user) == (1.8, 79.4)
    page = browse(athlete_user).get(reverse("accounts:profile")).content.decode()
    assert 'name="height_cm" value="180' in page


def test_feet_and_pounds_come_back_as_they_went_in(browse, american):
    browse(american).post(reverse(URL), {"height_ft": "5", "height_in": "11", "mass": "175"})
    assert body(american) == (pytest.approx(1.8034), pytest.approx(79.3787, abs=1e-4))
    page = browse(american).get(reverse("accounts:profile"))
    form = page.context["body"]
    assert (form["height_ft"].value(), form["height_in"].value(), form["mass"].value()) == (5, 11, 175)


def test_saving_what_is_shown_changes_nothing(browse, american):
    """Half an inch of rounding a visit would shrink people."""
    browse(american).post(reverse(URL), {"height_ft": "5", "height_in": "11", "mass": "175"})
    before = body(american)
    american.units = "metric"
    american.save()
    form = browse(american).get(reverse("accounts:profile")).context["body"]
    browse(american).post(reverse(URL), {name: form[name].value() for name in form.fields})
    assert body(american) == before


def test_a_german_writes_a_comma(browse, athlete_user):
    athlete_user.language = "de"
    athlete_user.save()
    browse(athlete_user).post(reverse(URL), {"height_cm": "180,5", "mass": "79,4"})
    assert body(athlete_user) == (1.805, 79.4)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"height_cm": "1.80"}, "height_cm", "Height must be between 50 cm and 280 cm."),
        ({"height_cm": "281"}, "height_cm", "Height must be between 50 cm and 280 cm."),
        ({"mass": "5"}, "mass", "Weight must be between 20 kg and 400 kg."),
        ({"mass": "nan"}, "mass", "Enter a number."),
        ({"mass": "heavy"}, "mass", "Enter a number."),
    ],
)
def test_a_slip_is_refused_in_words(browse, athlete_user, given, field, words):
    response = browse(athlete_user).post(reverse(URL), given)
    assert response.status_code == 400
    assert response.context["body"].errors[field] == [words]
    assert body(athlete_user) == (None, None)


def test_bounds_are_said_in_the_own_units(browse, american):
    response = browse(american).post(reverse(URL), {"height_ft": "1", "mass": "12"})
    errors = response.context["body"].errors
    assert errors["height_ft"] == ["Height must be between 1 ft 8 in and 9 ft 2 in."]
    assert errors["mass"] == ["Weight must be between 44.1 lb and 881.8 lb."]
    thirteen = browse(american).post(reverse(URL), {"height_ft": "5", "height_in": "13"})
    assert "height_in" in thirteen.context["body"].errors
    assert body(american) == (None, None)


def test_the_ends_of_the_bounds_are_inside(browse, athlete_user):
    for height, mass in (("280", "400"), ("50", "20")):
        assert browse(athlete_user).post(reverse(URL), {"height_cm": height, "mass": mass}).status_code == 302
    browse(athlete_user).post(reverse(URL), {"height_cm": "", "mass": ""})
    assert body(athlete_user) == (None, None), "empty forgets"


def test_the_database_has_the_bounds_too(athlete_user):
    athlete = athlete_for(athlete_user)
    for wrong in ({"height_m": 180}, {"mass_kg": 5}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Athlete.objects.filter(pk=athlete.pk).update(**wrong)


def test_each_unit_can_be_chosen(browse, athlete_user):
    chosen = {"units": "metric", "time_zone": "UTC", "mass_unit": "lb", "energy_unit": "kJ"}
    browse(athlete_user).post(reverse("accounts:profile"), chosen)
    athlete_user.refresh_from_db()
    assert athlete_user.reads_in.spelled == "lb km cm kJ"
    page = browse(athlete_user).get(reverse("accounts:profile")).content.decode()
    assert 'data-units="lb km cm kJ"' in page
    assert "Weight (lb)" in page
    wrong = browse(athlete_user).post(reverse("accounts:profile"), {**chosen, "mass_unit": "stone"})
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    ("language", "sent", "expected"),
    [
        ("en-US", "imperial", "lb mi ft kcal"),
        ("en-GB,en", "metric", "kg mi cm kcal"),
        ("en-GB,en", "imperial", "lb mi ft kcal"),
        ("de-DE", "metric", "kg km cm kcal"),
    ],
)
def test_an_account_begins_with_the_units_of_its_country(client, django_user_model, language, sent, expected):
    page = client.get(reverse("account_signup"), headers={"accept-language": language})
    assert page.context["form"]["units"].value() == ("imperial" if language == "en-US" else "metric")
    fields = {
        "email": "new@example.org", "username": "newcomer", "password1": "a-long-Password-1",
        "role": "athlete", "units": sent, "time_zone": "UTC",
    }  # fmt: skip
    client.post(reverse("account_signup"), fields, headers={"accept-language": language})
    assert django_user_model.objects.get(email="new@example.org").reads_in.spelled == expected


def test_the_api_is_si(api, american):
    client, url = api(american), reverse("accounts_api:me")
    answer = client.patch(url, {"height_m": 1.8034, "mass_kg": 79.4, "distance_unit": "km"}, format="json").json()
    assert (answer["height_m"], answer["mass_kg"], answer["units"], answer["distance_unit"]) == (
        1.8034, 79.4, "imperial", "km",
    )  # fmt: skip
    assert client.patch(url, {"mass_kg": None}, format="json").json()["height_m"] == 1.8034
    assert body(american) == (1.8034, None)
    refused = client.patch(url, {"height_m": 180}, format="json")
    assert refused.status_code == 400
    assert "Height must be between 50 cm and 280 cm." in json.dumps(refused.json())
    assert client.patch(url, {"height_m": "NaN"}, format="json").status_code == 400


def test_ml_staff_have_no_body(api, browse, staff_user):
    url = reverse("accounts_api:me")
    assert api(staff_user).get(url).json()["height_m"] is None
    assert api(staff_user).patch(url, {"height_m": 1.8}, format="json").status_code == 400
    assert browse(staff_user).post(reverse(URL), {"height_cm": "180"}).status_code == 403
    assert browse(staff_user).get(reverse("accounts:profile")).context["body"] is None


def test_a_coach_reads_what_is_shared_in_the_own_units(browse, coach_user, sharing, team):
    Athlete.objects.filter(pk=sharing.pk).update(height_m=1.8034, mass_kg=79.3787)
    coach_user.units = "imperial"
    coach_user.save()
    url = reverse("workouts:athlete", args=[sharing.pk])
    page = browse(coach_user).get(url).content.decode()
    assert "5 ft" not in page
    assert "lb" not in page.split("<main")[1]
    consent_grant(athlete=sharing, kind="coach", scope=CoachScope.FORM_VIDEO, team=team, by=sharing.user)
    page = browse(coach_user).get(url).content.decode()
    assert "5 ft 11 in" in page
    assert "175 lb" not in page, "weight goes with nutrition"
    consent_grant(athlete=sharing, kind="coach", scope=CoachScope.NUTRITION, team=team, by=sharing.user)
    assert "175 lb" in browse(coach_user).get(url).content.decode()
    assert "180 cm" in browse(sharing.user).get(url).content.decode(), "the athlete reads in centimetres"


def test_the_export_holds_it(athlete_user, tmp_path):
    athlete = athlete_for(athlete_user)
    Athlete.objects.filter(pk=athlete.pk).update(height_m=1.8, mass_kg=79.4)
    athlete_user.mass_unit = "lb"
    athlete_user.save()
    export_account(user=athlete_user, path=tmp_path / "me.zip")
    with zipfile.ZipFile(tmp_path / "me.zip") as archive:
        row = json.loads(archive.read("data/accounts.athlete.jsonl"))
        assert (row["height_m"], row["mass_kg"]) == (1.8, 79.4)
        assert json.loads(archive.read("data/accounts.user.jsonl"))["mass_unit"] == "lb"
