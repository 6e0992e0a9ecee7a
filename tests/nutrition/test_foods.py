"""Foods: the house's table, search, imports, own ones."""

import csv
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Athlete
from mlops.ml.nutrition.foods.checks import checked
from mlops.models import Job
from nutrition.foods.index import index_prepare
from nutrition.foods.selectors.search import foods_search
from nutrition.foods.services import imports
from nutrition.foods.services.house import FOODS, house_foods, house_load
from nutrition.foods.services.imports import part_follow
from nutrition.foods.services.own import favourite_set, own_food_delete, own_food_restore, own_food_save
from nutrition.foods.services.tables import FoodGiven, foods_write
from nutrition.models import NUTRIENTS, Food, FoodSource
from tests.people import make_user


def names(user, text):
    return [one.name for one in foods_search(user, text)]


def test_the_table_is_there_and_believable(db):
    assert Food.objects.filter(source=FoodSource.HOUSE).count() == len(house_foods()) > 200
    for food in house_foods():
        found = checked({name: food.figures.get(name) for name in NUTRIENTS})
        assert not found.flags, (food.name, found.flags)
        assert food.reference, food.name
        assert "protein_g" in food.figures, food.name
    with FOODS.open(encoding="utf-8") as lines:
        assert all(row["reference"].startswith("USDA") for row in csv.DictReader(lines))


def test_dishes_are_calculated_from_their_recipes(food):
    rice, jollof = food("rice, white, uncooked"), food("jollof rice")
    assert "rice, white, uncooked 400 g" in jollof.reference
    assert 110 < jollof.energy_kcal < 190
    assert jollof.protein_g > rice.protein_g * 400 / 1500


def test_loading_again_changes_nothing(db, django_assert_max_num_queries):
    before = Food.objects.count()
    with django_assert_max_num_queries(1):
        house_load()
    assert Food.objects.count() == before


@pytest.mark.parametrize(
    ("text", "first"),
    [("egg", "egg"), ("rice", "rice, white"), ("chicken breast", "chicken breast"), ("banku", "banku"),
     ("breast chick", "chicken breast"), ("bannana", "banana"), ("chikcen brest", "chicken breast"),
     ("jolof", "jollof rice"), ("Reis", "rice, white"), ("koose", "akara"), ("EGG", "egg")],
)  # fmt: skip
def test_the_everyday_food_comes_first(athlete, text, first):
    assert names(athlete.user, text)[0] == first


@pytest.mark.parametrize("text", ["", "  ", "\"'*:()^", "OR AND NOT", "xeverydayx*", "zzzzqqq", "NEAR(a b)"])
def test_odd_texts_are_no_error(athlete, text):
    foods_search(athlete.user, text)


def test_products_come_last_and_an_own_food_first(athlete):
    products = [FoodGiven(f"p{n}", f"Egg salad number {n}", {"protein_g": 5.0}) for n in range(40)]
    assert list(foods_write(products, FoodSource.USDA)) == [40]
    own = own_food_save(athlete=athlete, name="egg salad", protein_g=9.0)
    found = foods_search(athlete.user, "egg salad")
    assert found[0] == own
    assert {one.source for one in found[1:]} == {FoodSource.USDA}
    assert own not in foods_search(make_user("kofi"), "egg salad")


def test_a_food_that_is_read_again_is_brought_up_to_date(db):
    for protein in (5.0, 6.0):
        given = FoodGiven("x1", "Odd thing", {"protein_g": protein}, portions={"1": protein})
        list(foods_write([given], FoodSource.USDA))
    row = Food.objects.get(code="x1")
    assert (row.protein_g, [one.grams for one in row.portions.all()]) == (6.0, [6.0])


def test_the_index_is_made_again_where_it_is_missing(athlete):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's triggers")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER nutrition_food_words_added")
    index_prepare("default")
    assert own_food_save(athlete=athlete, name="Xylophone soup") in foods_search(athlete.user, "xylophone")


def test_what_is_deleted_is_not_found_and_comes_back(athlete):
    own = own_food_save(athlete=athlete, name="Grandma's stew")
    own_food_delete(food=own)
    assert names(athlete.user, "grandma") == []
    own_food_restore(own)
    assert names(athlete.user, "grandma") == ["Grandma's stew"]


def test_an_own_food_in_kilojoules_is_doubted(athlete):
    figures = {"protein_g": 12.6, "carbohydrate_g": 0.7, "fat_g": 9.5}
    assert own_food_save(athlete=athlete, name="a", energy_kcal=143.0, **figures).flags == []
    doubted = own_food_save(athlete=athlete, name="b", energy_kcal=598.0, **figures)
    assert (doubted.flags, doubted.energy_kcal) == (["energy_in_kj"], 598.0)


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"fat_g": 120.0}, {"density_g_ml": 40.0}, {"portions": {"1 cup": 0.0}}, {"energy_kcal": -3.0}],
)
def test_what_cannot_be_is_refused(athlete, wrong):
    with pytest.raises(ValidationError):
        own_food_save(athlete=athlete, **{"name": "a", **wrong})


def test_the_command_tells_of_lines_left_out(db, tmp_path, capsys):
    path = tmp_path / "sr.csv"
    butter = '1001,"BUTTER,WITH SALT",717,0.85,81.1,0.06'
    path.write_text(f"ID,Description,Calories,Protein,Fat,Carbohydrate\n{butter}\n7,AIR,,,,\n")
    call_command("import_foods", file=path)
    said = capsys.readouterr().out
    assert "1 foods read." in said
    assert "line 3: AIR: it has no figures" in said
    assert Food.objects.get(source=FoodSource.USDA, code="1001").name == "Butter, with salt"
    path.write_bytes(b"\x00" * 50)
    with pytest.raises(CommandError):
        call_command("import_foods", file=path)
    with pytest.raises(CommandError):
        call_command("import_foods", file=tmp_path / "missing.csv")


def small_part(monkeypatch):
    """The part's table with three rows, two of which can be read."""
    import pyarrow as pa

    row = {
        "name": "Kenkey, test", "category": "Grains", "portion": "ball", "portion_g": 350.0, "is_generic": True,
        "energy_kcal": 145.0, "protein_g": 3.0, "carbohydrate_g": 31.0, "fat_g": 1.0, "fibre_g": None,
        "sugars_g": None, "saturated_fat_g": None, "sodium_mg": 200.0,
    }  # fmt: skip
    odd = {**row, "name": "Salted oil bar", "is_generic": False, "energy_kcal": 3700.0, "fat_g": 99.0}
    rows = [row, odd, {**row, "name": ""}]
    monkeypatch.setattr(imports, "foods", lambda generic_only: pa.Table.from_pylist(rows))


def test_the_part_is_read_once_it_is_there(db, monkeypatch, tmp_path):
    part_follow()
    assert not Job.objects.exists()
    monkeypatch.setattr(imports, "store", lambda: SimpleNamespace(find=lambda name: tmp_path))
    part_follow(), part_follow()
    assert Job.objects.get().kind == imports.PART_JOB
    small_part(monkeypatch)
    assert imports.part_import().n_foods == 2
    Job.objects.all().delete()
    part_follow()
    assert not Job.objects.exists()
    kenkey = Food.objects.get(name="Kenkey, test")
    assert (kenkey.salt_g, kenkey.portions.get().name, kenkey.everyday > 0) == (0.5, "1 ball", True)
    odd = Food.objects.get(name="Salted oil bar")
    assert (odd.everyday, odd.flags) == (0, ["energy_in_kj", "too_much"])


def test_pages(client, athlete, food):
    client.force_login(athlete.user)
    assert "banku" in client.get("/nutrition/foods/", {"q": "banku"}).content.decode()
    page = client.get(f"/nutrition/foods/{food('jollof rice').pk}/").content.decode()
    assert "Calculated from our own recipe" in page
    assert "1 serving (300 g)" in page
    bar = {"name": "My bar", "protein_g": "30", "portion": "1 bar", "portion_g": "45"}
    made = client.post("/nutrition/foods/new/", bar)
    own = Food.objects.get(name="My bar")
    assert made.url == f"/nutrition/foods/{own.pk}/"
    assert (own.protein_g, own.fat_g, own.portions.get().grams) == (30.0, None, 45.0)
    assert client.post("/nutrition/foods/new/", {"name": "X", "fat_g": "300"}).status_code == 422
    client.post(f"/nutrition/foods/{own.pk}/favourite/", {"on": "1"})
    assert "My bar" in client.get("/nutrition/").content.decode()
    deleted = client.post(f"/nutrition/foods/{own.pk}/delete/", follow=True).content.decode()
    assert "Deleted: My bar." in deleted


def test_energy_is_asked_in_the_readers_unit(client, athlete):
    athlete.user.energy_unit = "kJ"
    athlete.user.save()
    client.force_login(athlete.user)
    assert "Energy (kJ)" in client.get("/nutrition/foods/new/").content.decode()
    client.post("/nutrition/foods/new/", {"name": "Bar", "energy_kcal": "1000"})
    assert Food.objects.get(name="Bar").energy_kcal == pytest.approx(239.0, abs=0.1)


def test_api(client, athlete):
    client.force_login(athlete.user)
    found = client.get("/api/v1/foods/", {"q": "bannana"}).json()["results"]
    assert found[0]["name"] == "banana"
    assert {"name": "1 medium", "grams": 118.0} in found[0]["portions"]
    body = {"name": "Bar", "protein_g": 30, "portions": [{"name": "1 bar", "grams": 45}]}
    made = client.post("/api/v1/foods/", body, content_type="application/json").json()
    assert (made["is_mine"], made["fat_g"], made["portions"][0]["grams"]) == (True, None, 45.0)
    bad = client.post("/api/v1/foods/", {"name": "Bar", "protein_g": 300}, content_type="application/json")
    assert bad.status_code == 400
    assert client.delete(f"/api/v1/foods/{made['id']}/").status_code == 204
    assert client.post(f"/api/v1/foods/{made['id']}/restore/").json()["name"] == "Bar"
    assert Athlete.objects.get(pk=athlete.pk).foods.count() == 1


def test_favourites_are_a_persons_own(athlete, food):
    favourite_set(athlete=athlete, food=food("egg"), is_favourite=True)
    favourite_set(athlete=athlete, food=food("egg"), is_favourite=True)
    assert athlete.favourite_foods.count() == 1
    favourite_set(athlete=athlete, food=food("egg"), is_favourite=False)
    assert athlete.favourite_foods.count() == 0
