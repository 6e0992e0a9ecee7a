"""Tables of the USDA: read, with every line that is left out named."""

import json
import zipfile

import pytest

from mlops.ml.contract import UnreadableInput
from mlops.ml.nutrition.foods.usda import foods_read


def read(path):
    rows = []
    return foods_read(path, rows.extend), rows


def test_sr(tmp_path):
    path = tmp_path / "sr.csv"
    path.write_text('ID,Description,Calories,Protein,Fat,Carbohydrate\n1001,"BUTTER,WITH SALT",717,0.85,81.11,0.06\n'
                    "7,NOTHING KNOWN,,,,\n,,,,,\n")  # fmt: skip
    facts, rows = read(path)
    assert (facts.n_foods, facts.n_bad) == (1, 2)
    assert facts.bad == ["line 3: NOTHING KNOWN: it has no figures", "line 4: it is empty"]
    assert (rows[0].code, rows[0].name, rows[0].figures["fat_g"]) == ("1001", "Butter, with salt", 81.11)


def test_the_real_table(real_data):
    facts, rows = read(real_data / "foods_usda" / "USDA.csv")
    assert (facts.n_foods, facts.n_bad, len(rows)) == (7057, 1, 7057)
    assert facts.bad[0].startswith("line 6581: ")


def nutrient(number, amount):
    return {"nutrient": {"id": number}, "amount": amount}


def test_fooddata_central_as_json(tmp_path):
    path = tmp_path / "foods.json"
    food = {
        "fdcId": 5, "description": "Hummus", "foodCategory": {"description": "Legumes"},
        "foodNutrients": [nutrient(1008, 229), nutrient(1003, 7.4), nutrient(1093, 438), nutrient(9999, 1)],
        "foodPortions": [{"amount": 2, "modifier": "tablespoons", "gramWeight": 33.9}],
    }  # fmt: skip
    path.write_text(json.dumps({"FoundationFoods": [food, {"description": "no number"}]}))
    facts, rows = read(path)
    assert (facts.n_foods, facts.bad) == (1, ["food 2: it has no fdcId or no description"])
    assert rows[0].figures == pytest.approx({"energy_kcal": 229, "protein_g": 7.4, "salt_g": 1.095})
    assert rows[0].portions == {"2 tablespoons": 33.9}


def test_fooddata_central_as_archive(tmp_path):
    path = tmp_path / "foods.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("FDC/food.csv", "fdc_id,data_type,description\n5,sr_legacy_food,Hummus\n6,x,Air\n")
        archive.writestr("FDC/food_nutrient.csv", "id,fdc_id,nutrient_id,amount\n1,5,1003,7.4\n2,5,1008,229\n")
        archive.writestr("FDC/food_portion.csv", "id,fdc_id,amount,modifier,gram_weight\n1,5,1,cup,246\n")
        archive.writestr("FDC/branded_food.csv", "fdc_id,brand_owner,gtin_upc\n5,Some Brand,00012345678905\n")
    facts, rows = read(path)
    assert facts.bad == ["food.csv, line 3: Air: it has no figures"]
    assert (rows[0].brand, rows[0].barcode, rows[0].portions) == ("Some Brand", "00012345678905", {"1 cup": 246.0})


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"{", b"[1, 2]", b"{}", b"ID,Description\n1,\n"])
def test_no_table_of_foods(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UnreadableInput):
        read(path)
