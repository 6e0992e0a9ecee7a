"""Tables of foods of the U.S. Department of Agriculture (public domain), read in a limited child.

SR as one CSV (`ID,Description,Calories,Protein,Fat,Carbohydrate`); FoodData Central as JSON, or as the CSV files of a
download in one ZIP (food.csv, food_nutrient.csv, food_portion.csv, branded_food.csv): the smaller downloads
(Foundation, SR Legacy, FNDDS) in whole; of the branded ones at most MAX_FOODS foods are held.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops.ml.archives import BROKEN, is_archive, members_of
from mlops.ml.contract import UnreadableInput

AT_ONCE = 500
MAX_FOODS = 500_000
MAX_BAD_LINES = 50
MAX_UNPACKED = 4 * 1024**3
SALT_OF_SODIUM_MG = 2.5 / 1000
"""g of salt in a mg of sodium (Regulation (EU) No 1169/2011, annex I)."""
SR_COLUMNS = {
    "calories": "energy_kcal", "protein": "protein_g", "fat": "fat_g", "carbohydrate": "carbohydrate_g",
    "total fat": "fat_g", "totalfat": "fat_g", "fiber": "fibre_g", "sugar": "sugar_g",
    "saturatedfat": "saturated_fat_g",
}  # fmt: skip
FDC_NUTRIENTS = {
    1008: "energy_kcal", 2047: "energy_kcal", 2048: "energy_kcal", 1003: "protein_g", 1005: "carbohydrate_g",
    1004: "fat_g", 1079: "fibre_g", 2000: "sugar_g", 1063: "sugar_g", 1258: "saturated_fat_g", 1093: "sodium_mg",
    1018: "alcohol_g",
}  # fmt: skip
"""Number of a nutrient in FoodData Central → ours; of several for one of ours the first that is given."""


@dataclass(frozen=True)
class FoodRow:
    """One food as the table has it; figures per 100 g, not yet checked."""

    code: str
    name: str
    figures: dict[str, float]
    brand: str = ""
    category: str = ""
    barcode: str = ""
    portions: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TableRead:
    """n_foods: rows that were told of; n_bad: lines left out; bad: the first of them, each with its reason."""

    n_foods: int
    n_bad: int
    bad: list[str]


OnFoods = Callable[[list[FoodRow]], None]


def foods_read(path: Path, on_foods: OnFoods) -> TableRead:
    """Tell of the foods of a file, some hundred at a time. Raises UnreadableInput."""
    told = _Told(on_foods)
    if is_archive(path):
        _fdc_archive(path, told)
    elif path.open("rb").read(1) in (b"{", b"["):
        _fdc_json(path, told)
    else:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            _sr(lines, told)
    told.flush()
    if not told.n_foods:
        raise UnreadableInput("the file contains no foods that can be read", code="nothing_found")
    return TableRead(told.n_foods, told.n_bad, told.bad)


class _Told:
    def __init__(self, on_foods: OnFoods) -> None:
        self._on_foods = on_foods
        self._waiting: list[FoodRow] = []
        self.n_foods = self.n_bad = 0
        self.bad: list[str] = []

    def food(self, row: FoodRow) -> None:
        self._waiting.append(row)
        self.n_foods += 1
        if self.n_foods > MAX_FOODS:
            raise UnreadableInput(f"the file has more than {MAX_FOODS:,} foods", code="too_large")
        if len(self._waiting) == AT_ONCE:
            self.flush()

    def refuse(self, where: str, why: str) -> None:
        self.n_bad += 1
        if len(self.bad) < MAX_BAD_LINES:
            self.bad.append(f"{where}: {why}")

    def flush(self) -> None:
        if self._waiting:
            self._on_foods(self._waiting)
            self._waiting = []


def _sr(lines: Any, told: _Told) -> None:
    reader = csv.reader(lines)
    heading = [one.strip().lower() for one in next(reader, [])]
    if not {"id", "description"} <= set(heading):
        raise UnreadableInput("the table has no columns ID and Description", code="wrong_format")
    columns = {at: SR_COLUMNS[one] for at, one in enumerate(heading) if one in SR_COLUMNS}
    code_at, name_at = heading.index("id"), heading.index("description")
    try:
        for cells in reader:
            where = f"line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                told.refuse(where, "it is empty")
                continue
            cells += [""] * (len(heading) - len(cells))
            code, name = cells[code_at].strip()[:40], cells[name_at].strip()[:200]
            figures = {ours: value for at, ours in columns.items() if (value := _number(cells[at])) is not None}
            if not code or not name:
                told.refuse(where, "it has no ID or no description")
            elif not figures:
                told.refuse(where, f"{name[:60]}: it has no figures")
            else:
                told.food(FoodRow(code, _said(name), figures))
    except csv.Error as error:
        raise UnreadableInput(f"line {reader.line_num} is damaged", code="damaged") from error


def _fdc_json(path: Path, told: _Told) -> None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnreadableInput("the file is no JSON", code="damaged") from error
    lists = [document] if isinstance(document, list) else list(document.values()) if isinstance(document, dict) else []
    foods = [food for one in lists if isinstance(one, list) for food in one]
    for number, food in enumerate(foods, 1):
        where = f"food {number}"
        if not isinstance(food, dict) or not food.get("description") or not food.get("fdcId"):
            told.refuse(where, "it has no fdcId or no description")
            continue
        figures: dict[str, float] = {}
        for one in food.get("foodNutrients") or []:
            nutrient = one.get("nutrient", one) if isinstance(one, dict) else {}
            value = _number(one.get("amount")) if isinstance(one, dict) else None
            ours = FDC_NUTRIENTS.get(nutrient.get("id") or nutrient.get("nutrientId") or 0)
            if ours and value is not None:
                figures.setdefault(ours, value)
        if not figures:
            told.refuse(where, f"{str(food['description'])[:60]}: it has no figures")
            continue
        portions = {}
        for one in food.get("foodPortions") or []:
            grams = _number(one.get("gramWeight"))
            name = " ".join(
                str(part) for part in (one.get("amount"), one.get("modifier") or one.get("portionDescription")) if part
            )
            if grams and name:
                portions[name[:80]] = grams
        told.food(
            FoodRow(
                str(food["fdcId"])[:40],
                str(food["description"])[:200],
                _with_salt(figures),
                brand=str(food.get("brandOwner") or "")[:120],
                category=_category(food.get("foodCategory")),
                barcode=str(food.get("gtinUpc") or "")[:14],
                portions=portions,
            )
        )


def _fdc_archive(path: Path, told: _Told) -> None:
    members = {one.name.rsplit("/", 1)[-1]: one.name for one in members_of(path, MAX_UNPACKED)}
    if not {"food.csv", "food_nutrient.csv"} <= set(members):
        raise UnreadableInput("the archive has no food.csv and food_nutrient.csv", code="wrong_format")
    try:
        with zipfile.ZipFile(path) as archive:

            def rows(name: str) -> Iterator[dict[str, str]]:
                if name in members:
                    with archive.open(members[name]) as raw:
                        yield from csv.DictReader(io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline=""))

            figures: dict[str, dict[str, float]] = {}
            for row in rows("food_nutrient.csv"):
                ours, value = FDC_NUTRIENTS.get(int(_number(row.get("nutrient_id")) or 0)), _number(row.get("amount"))
                if ours and value is not None:
                    figures.setdefault(row.get("fdc_id", ""), {}).setdefault(ours, value)
                if len(figures) > MAX_FOODS:
                    raise UnreadableInput(f"the file has more than {MAX_FOODS:,} foods", code="too_large")
            portions: dict[str, dict[str, float]] = {}
            for row in rows("food_portion.csv"):
                said = row.get("modifier") or row.get("portion_description")
                name = " ".join(filter(None, [row.get("amount"), said]))
                grams = _number(row.get("gram_weight"))
                if grams and name:
                    portions.setdefault(row.get("fdc_id", ""), {})[name[:80]] = grams
            brands = {row.get("fdc_id", ""): row for row in rows("branded_food.csv")}
            for number, row in enumerate(rows("food.csv"), 2):
                code, name = row.get("fdc_id", ""), row.get("description", "")
                if not code or not name:
                    told.refuse(f"food.csv, line {number}", "it has no fdc_id or no description")
                elif code not in figures:
                    told.refuse(f"food.csv, line {number}", f"{name[:60]}: it has no figures")
                else:
                    brand = brands.get(code, {})
                    told.food(
                        FoodRow(
                            code[:40], name[:200], _with_salt(figures[code]), (brand.get("brand_owner") or "")[:120],
                            (brand.get("branded_food_category") or "")[:80], (brand.get("gtin_upc") or "")[:14],
                            portions.get(code, {}),
                        )
                    )  # fmt: skip
    except (*BROKEN, csv.Error) as error:
        raise UnreadableInput("the archive is damaged", code="bad_archive") from error


def _category(given: Any) -> str:
    return str((given.get("description") if isinstance(given, dict) else given) or "")[:80]


def _with_salt(figures: dict[str, float]) -> dict[str, float]:
    found = dict(figures)
    sodium = found.pop("sodium_mg", None)
    return found if sodium is None else {**found, "salt_g": sodium * SALT_OF_SODIUM_MG}


def _number(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if abs(value) < 1e9 else None


def _said(name: str) -> str:
    """"BUTTER,WITH SALT" as people write it: "Butter, with salt"."""
    if name != name.upper():
        return name
    spaced = ", ".join(part.strip() for part in name.split(","))
    return spaced[:1] + spaced[1:].lower()
