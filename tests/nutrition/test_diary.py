"""The food diary: meals, days, targets, settings."""

import csv
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Athlete, CoachScope, Consent, ConsentKind, Membership, Team, TeamRole
from burnout.models import CheckIn
from burnout.services.checkins import own_today
from nutrition.diary.selectors.days import day_of, days_of, last_days, recent_foods
from nutrition.diary.selectors.targets import minutes_of_week, targets_of
from nutrition.diary.services.demo import demo_make, demo_remove
from nutrition.diary.services.meals import (
    ItemGiven,
    day_copy,
    item_change,
    item_remove,
    items_add,
    meal_create,
    meal_delete,
    meal_restore,
)
from nutrition.diary.services.settings import body_mass_delete, body_mass_save, settings_save
from nutrition.foods.selectors.search import foods_search
from nutrition.foods.services.own import own_food_save
from nutrition.models import BodyMass, Food, Meal, MealItem
from tests.people import make_user


@pytest.fixture
def today(athlete):
    return own_today(athlete)


@pytest.fixture
def lunch(athlete, today, food):
    items = [ItemGiven(food("egg"), 2, "1 large"), ItemGiven(food("rice, white"), 150, "g")]
    return meal_create(athlete=athlete, day=today, slot="lunch", items=items)


def test_a_day_adds_up(athlete, today, lunch, food):
    egg, rice = food("egg"), food("rice, white")
    day = day_of(athlete, today)
    assert day.of("protein_g") == pytest.approx(egg.protein_g + rice.protein_g * 1.5)
    assert day.totals["fibre_g"].n_unknown == 1  # the rice's fibre stands in no table
    assert day.n_items == 2


def test_history_keeps_its_figures(athlete, today):
    own = own_food_save(athlete=athlete, name="Bar", protein_g=30.0)
    meal_create(athlete=athlete, day=today, slot="snack", items=[ItemGiven(own, 100, "g")])
    own_food_save(athlete=athlete, food=own, protein_g=10.0)
    assert day_of(athlete, today).of("protein_g") == 30
    own.delete()
    item = MealItem.objects.get()
    assert (item.food, item.name) == (None, "Bar")
    assert item_change(item=item, amount=50, unit="g").grams == 50
    assert day_of(athlete, today).of("protein_g") == 15


def test_the_same_meal_twice_is_one(athlete, today, food):
    key = uuid4()
    items = [ItemGiven(food("egg"), 1, "1 large")]
    first, again = (meal_create(athlete=athlete, day=today, slot="lunch", items=items, client_id=key) for _ in range(2))
    assert first == again
    assert MealItem.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "unit"), [(1, "1 bucket"), (1, "ml"), (-1, "g"), (20_000, "g"), (float("nan"), "g")]
)
def test_amounts_that_cannot_be(athlete, today, food, amount, unit):
    with pytest.raises(ValidationError) as refused:
        items_add(athlete=athlete, day=today, slot="lunch", items=[ItemGiven(food("egg"), amount, unit)])
    assert "amount" in refused.value.message_dict
    assert not MealItem.objects.exists()


def test_days_that_cannot_be(athlete, today, food):
    with pytest.raises(ValidationError):
        meal_create(athlete=athlete, day=today + timedelta(days=1), slot="lunch", items=[])
    with pytest.raises(ValidationError):
        meal_create(athlete=athlete, day=today, slot="brunch", items=[])


def test_the_last_food_takes_its_meal_along_and_it_comes_back(athlete, today, lunch):
    for item in lunch.items.all():
        item_remove(item=item)
    assert not Meal.objects.filter(athlete=athlete).exists()
    meal_restore(Meal.all_with_deleted.get())
    assert Meal.objects.get() == lunch


def test_a_day_is_copied(athlete, today, lunch):
    yesterday = today - timedelta(days=1)
    assert day_copy(athlete=athlete, source=today, target=yesterday) == 2
    assert day_of(athlete, yesterday).totals == day_of(athlete, today).totals
    with pytest.raises(ValidationError):
        day_copy(athlete=athlete, source=today, target=yesterday)
    assert day_copy(athlete=athlete, source=today - timedelta(days=9), target=today - timedelta(days=2)) == 0


def test_recent_foods_come_with_their_last_amount(athlete, today, lunch, food):
    items_add(athlete=athlete, day=today, slot="snack", items=[ItemGiven(food("egg"), 3, "1 large")])
    recent = {item.name: item.amount for item in recent_foods(athlete, today)}
    assert recent == {"egg": 3, "rice, white": 150}
    meal_delete(meal=lunch)
    assert [item.name for item in recent_foods(athlete, today)] == ["egg"]


def test_a_week_takes_two_statements(athlete, today, lunch, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        assert sum(one.n_items for one in days_of(athlete, last_days(today, 7))) == 2


def test_targets_need_a_weight_and_follow_the_training(athlete, today):
    assert targets_of(athlete, today) is None
    body_mass_save(athlete=athlete, day=today, mass_kg=80)
    assert Athlete.objects.get(pk=athlete.pk).mass_kg == 80
    assert targets_of(athlete, today)["protein_g"].value == pytest.approx(0.83 * 80)
    for back in (1, 2, 3):
        CheckIn.objects.create(athlete=athlete, day=today - timedelta(days=back), minutes=60)
    CheckIn.objects.create(athlete=athlete, day=today - timedelta(days=4), workload=300)  # 300 AU at RPE 5
    assert minutes_of_week(athlete, today) == 240
    assert targets_of(athlete, today)["protein_g"].value == pytest.approx(1.4 * 80)


def test_own_targets_stay_within_safe_limits(athlete, today):
    body_mass_save(athlete=athlete, day=today, mass_kg=80)
    keeps = targets_of(athlete, today)["energy_kcal"].value
    settings_save(athlete=athlete, energy_kcal=600.0, protein_g=500.0)
    assert targets_of(athlete, today)["energy_kcal"].value == keeps  # nobody knows how old
    settings_save(athlete=athlete, birth_year=today.year - 15)
    assert targets_of(athlete, today)["energy_kcal"].value > 0.95 * keeps
    settings_save(athlete=athlete, birth_year=today.year - 30)
    found = targets_of(athlete, today)
    assert 1500 < found["energy_kcal"].value < keeps
    assert found["energy_kcal"].reasons == ("own", "floor")
    assert found["protein_g"].value == pytest.approx(2.4 * 80)
    with pytest.raises(ValidationError):
        settings_save(athlete=athlete, energy_kcal=50.0)


def test_an_older_weight_does_not_replace_the_newest(athlete, today):
    body_mass_save(athlete=athlete, day=today, mass_kg=80)
    body_mass_save(athlete=athlete, day=today - timedelta(days=5), mass_kg=90)
    assert Athlete.objects.get(pk=athlete.pk).mass_kg == 80
    body_mass_delete(row=BodyMass.objects.get(day=today))
    assert Athlete.objects.get(pk=athlete.pk).mass_kg == 90


def test_two_taps_on_the_page(client, athlete, today, lunch, food):
    client.force_login(athlete.user)
    page = client.get("/nutrition/").content.decode()
    assert "Say what you weigh" in page
    assert "egg" in client.get("/nutrition/find/", {"q": "eg"}).content.decode()
    given = {"food": food("egg").pk, "amount": 1, "unit": "1 large", "slot": "dinner", "day": f"{today}"}
    assert client.post("/nutrition/add/", given).url == f"/nutrition/?day={today}&slot=dinner#dinner"
    item = MealItem.objects.get(meal__slot="dinner")
    client.post(f"/nutrition/items/{item.pk}/", {"amount": "3", "unit": "1 large"})
    assert MealItem.objects.get(pk=item.pk).grams == 150
    said = client.post("/nutrition/add/", {**given, "unit": "ml"}, follow=True).content.decode()
    assert "Nobody knows how much a millilitre of this food weighs." in said
    client.post(f"/nutrition/meals/{lunch.pk}/delete/")
    assert day_of(athlete, today).n_items == 1


def test_calories_can_be_hidden(client, athlete, today, lunch, food):
    client.force_login(athlete.user)
    body_mass_save(athlete=athlete, day=today, mass_kg=80)
    assert re.search(r"\d kcal", client.get("/nutrition/").content.decode())
    client.post("/nutrition/settings/", {"goal": "keep", "hide_energy": "on"})
    for page in ("/nutrition/", "/nutrition/week/", "/nutrition/find/?q=egg", f"/athletes/{athlete.pk}/nutrition/",
                 f"/nutrition/foods/{food('egg').pk}/"):  # fmt: skip
        text = client.get(page).content.decode()
        assert not re.search(r"\d kcal", text), page
    assert client.get(f"/api/v1/nutrition/days/{today}/").json()["totals"]["energy_kcal"]["value"] > 100


def test_api(client, athlete, today, food):
    client.force_login(athlete.user)
    key = str(uuid4())
    body = {"day": f"{today}", "slot": "lunch", "client_id": key,
            "items": [{"food": food("egg").pk, "amount": 2, "unit": "1 large"}]}  # fmt: skip
    made = client.post("/api/v1/meals/", body, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["items"][0]["grams"] == 100
    pk = made.json()["id"]
    assert client.post("/api/v1/meals/", body, content_type="application/json").json()["id"] == pk
    changed = client.patch(f"/api/v1/meals/{pk}/", {"slot": "dinner"}, content_type="application/json").json()
    assert (changed["slot"], len(changed["items"])) == ("dinner", 1)
    empty = client.patch(f"/api/v1/meals/{pk}/", {"items": []}, content_type="application/json").json()
    assert empty["items"] == []
    stranger = own_food_save(athlete=Athlete.objects.create(user=make_user("kofi")), name="Secret")
    body["items"], body["client_id"] = [{"food": stranger.pk, "amount": 1, "unit": "g"}], None
    assert client.post("/api/v1/meals/", body, content_type="application/json").status_code == 400
    assert client.get("/api/v1/nutrition/days/2026-13-45/").status_code == 404
    day = client.get(f"/api/v1/nutrition/days/{today}/").json()
    assert (day["targets"], day["n_items"]) == (None, 0)
    set_to = client.patch("/api/v1/nutrition/settings/", {"goal": "gain"}, content_type="application/json").json()
    assert set_to["goal"] == "gain"


def test_demo_life_comes_and_goes(db):
    user = make_user("demo", is_demo=True)
    Athlete.objects.create(user=user)
    demo_make(lambda text: None)
    demo_make(lambda text: None)
    n = Meal.objects.count()
    assert 60 < n < 120
    assert all(item.grams > 0 and item.per_100_g for item in MealItem.objects.all())
    assert demo_remove(lambda text: None) >= n
    assert not MealItem.objects.exists()


def test_a_meal_becomes_a_recipe(client, athlete, today, lunch, food):
    client.force_login(athlete.user)
    given = {"name": "Egg rice", "servings": "2", "cooked_g": "300"}
    assert "Egg rice" in client.post(f"/nutrition/meals/{lunch.pk}/recipe/", given, follow=True).content.decode()
    dish = Food.objects.get(name="Egg rice")
    egg, rice = food("egg"), food("rice, white")
    assert dish.protein_g == pytest.approx((egg.protein_g + 1.5 * rice.protein_g) / 3)
    assert dish.fibre_g is None  # nobody knows the rice's
    assert (dish.source, dish.portions.get().grams) == ("recipe", 150.0)
    assert foods_search(athlete.user, "egg rice")[0] == dish
    client.post(f"/nutrition/meals/{lunch.pk}/recipe/", {"name": "", "servings": "0"})
    assert Food.objects.filter(source="recipe").count() == 1


def test_a_recipe_through_the_api(client, athlete, food):
    client.force_login(athlete.user)
    body = {"name": "Omelette", "servings": 1, "items": [{"food": food("egg").pk, "amount": 3, "unit": "1 large"}]}
    made = client.post("/api/v1/recipes/", body, content_type="application/json").json()
    assert (made["source"], made["portions"]) == ("recipe", [{"name": "1 serving", "grams": 150.0}])
    assert made["protein_g"] == pytest.approx(food("egg").protein_g)
    body["items"][0]["unit"] = "1 bucket"
    assert client.post("/api/v1/recipes/", body, content_type="application/json").status_code == 400


def test_the_diary_as_csv(client, athlete, today, lunch):
    client.force_login(athlete.user)
    evil = own_food_save(athlete=athlete, name="=HYPERLINK(1)", protein_g=1.0)
    items_add(athlete=athlete, day=today, slot="snack", items=[ItemGiven(evil, 10, "g")])
    answer = client.get("/nutrition/export.csv")
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert [row["food"] for row in rows] == ["egg", "rice, white", "'=HYPERLINK(1)"]
    assert (rows[0]["grams"], rows[1]["fibre_g"]) == ("100.0", "")


def test_a_coach_finds_what_is_shared(client, athlete, lunch, coach_user):
    team = Team.objects.create(name="Club")
    Membership.objects.create(team=team, user=athlete.user, role=TeamRole.ATHLETE)
    Membership.objects.create(team=team, user=coach_user, role=TeamRole.COACH)
    for scope in (CoachScope.TRAINING, CoachScope.NUTRITION):
        Consent.objects.create(athlete=athlete, kind=ConsentKind.COACH, scope=scope, team=team)
    client.force_login(coach_user)
    assert f"/athletes/{athlete.pk}/nutrition/" in client.get(f"/athletes/{athlete.pk}/").content.decode()
    assert "Nutrition, shared with you." in client.get(f"/athletes/{athlete.pk}/nutrition/").content.decode()
    Consent.objects.filter(scope=CoachScope.NUTRITION).delete()
    assert "/nutrition/" not in client.get(f"/athletes/{athlete.pk}/").content.decode()
    assert client.get(f"/athletes/{athlete.pk}/nutrition/").status_code == 404
