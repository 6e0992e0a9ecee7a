"""The small table that every installation has: everyday foods, and dishes of West Africa calculated from recipes."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from mlops.ml.nutrition.foods.amounts import per_100_g
from nutrition.foods.services.tables import FoodGiven, foods_write
from nutrition.models import NUTRIENTS, Food, FoodSource

FOLDER = Path(__file__).resolve().parents[1] / "data"
FOODS, DISHES = FOLDER / "house_foods.csv", FOLDER / "house_dishes.json"


@cache
def house_foods() -> list[FoodGiven]:
    """Every food of the table, dishes last."""
    with FOODS.open(encoding="utf-8", newline="") as lines:
        foods = [_food(row) for row in csv.DictReader(lines)]
    by_name = {food.name: food for food in foods}
    told = json.loads(DISHES.read_text(encoding="utf-8"))
    return [*foods, *(_dish(dish, by_name) for dish in told["dishes"])]


def house_load(using: str = "default", **_: Any) -> None:
    """Bring the table up to date; called after each migrate, and quick where nothing changed."""
    if using != DEFAULT_DB_ALIAS:
        return
    columns = ("code", "also", "everyday", "energy_kcal", "reference")
    there = set(Food.objects.filter(source=FoodSource.HOUSE).values_list(*columns))
    known = {(one.code, one.also, one.everyday, one.figures.get("energy_kcal"), one.reference) for one in house_foods()}
    if there == known:
        return
    for _done in foods_write(house_foods(), FoodSource.HOUSE):
        pass


def _food(row: dict[str, str]) -> FoodGiven:
    portions = dict(one.rsplit("=", 1) for one in row["portions"].split(";") if one)
    return FoodGiven(
        code=row["name"],
        name=row["name"],
        also=row["also"],
        category=row["category"],
        everyday=int(row["everyday"]),
        figures={name: float(row[name]) for name in NUTRIENTS if row.get(name)},
        density_g_ml=float(row["density_g_ml"]) if row["density_g_ml"] else None,
        portions={name: float(grams) for name, grams in portions.items()},
        reference=row["reference"],
    )


def _dish(dish: dict[str, Any], by_name: dict[str, FoodGiven]) -> FoodGiven:
    parts = [(by_name[name].figures, grams) for name, grams in dish["ingredients"].items()]
    recipe = ", ".join(f"{name} {grams} g" for name, grams in dish["ingredients"].items())
    return FoodGiven(
        code=dish["name"],
        name=dish["name"],
        also=dish["also"],
        category="dishes",
        everyday=dish["everyday"],
        figures=per_100_g(parts, dish["cooked_g"]),
        portions=dish["portions"],
        reference=f"Calculated from our own recipe: {recipe}; {dish['cooked_g']} g when ready",
    )
