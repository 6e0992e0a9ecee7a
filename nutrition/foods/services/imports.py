"""Tables of others: the part with the USDA's foods, and files of the USDA."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from mlops.jobs.services.jobs import job_create
from mlops.ml.limited import Limits, in_child
from mlops.ml.nutrition.foods.checks import checked
from mlops.ml.nutrition.foods.usda import SALT_OF_SODIUM_MG, FoodRow, TableRead, foods_read
from mlops.ml.parts.data.foods import PART, foods
from mlops.ml.parts.store import store
from mlops.models import Job
from nutrition.foods.services.tables import FoodGiven, foods_write
from nutrition.models import Food, FoodSource

READING = Limits(memory_mib=2048, cpu_s=1200, wall_s=3600, file_mib=1)
_FROM_PART = {
    "energy_kcal": "energy_kcal", "protein_g": "protein_g", "carbohydrate_g": "carbohydrate_g", "fat_g": "fat_g",
    "fibre_g": "fibre_g", "sugar_g": "sugars_g", "saturated_fat_g": "saturated_fat_g",
}  # fmt: skip
PART_CODES = "fdc-"
"""How the codes of the part's foods begin."""
PART_JOB = "nutrition.foods_of_part"
OnStep = Callable[[int, int], None]


def ignore_steps(done: int, total: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Imported:
    """Foods that were kept, lines left out, and the first of these with their reasons."""

    n_foods: int
    n_bad: int = 0
    bad: tuple[str, ...] = ()


def part_import(on_step: OnStep = ignore_steps) -> Imported:
    """Read the part `usda-foods` into the common tables: 390,000 foods, the generic ones as everyday foods.

    Run again, it brings them up to date. Raises PartMissing, BadArtifact, and what `on_step` raises.
    """
    table = foods(generic_only=False)
    n_foods = 0
    for n_foods in foods_write(_of_part(table), FoodSource.USDA):
        on_step(n_foods, table.num_rows)
    return Imported(n_foods)


def part_follow() -> None:
    """A chore: once the part is fetched, its foods are read in the background."""
    if store().find(PART) is None or Food.objects.filter(source=FoodSource.USDA, code__startswith=PART_CODES).exists():
        return
    if Job.objects.filter(kind=PART_JOB).exists():  # read before, or it failed: not over and over
        return
    title = "Read the foods of the USDA"
    job_create(kind=PART_JOB, title=title, owner=None, parameters={}, dedupe_key=PART_JOB, is_engine=True)


def file_import(path: Path, on_step: OnStep = ignore_steps) -> Imported:
    """Read a table of the USDA (SR as CSV; FoodData Central as JSON or ZIP of CSV files).

    Raises UnreadableInput; what was read before stays.
    """
    n_kept = 0

    def on_foods(rows: list[FoodRow]) -> None:
        nonlocal n_kept
        for _done in foods_write(map(_of_file, rows), FoodSource.USDA):
            n_kept += len(rows)
        on_step(n_kept, 0)

    read: TableRead = in_child(foods_read, READING)(path, on_foods=on_foods)
    return Imported(read.n_foods, read.n_bad, tuple(read.bad))


def _of_file(row: FoodRow) -> FoodGiven:
    found = checked(row.figures)
    return FoodGiven(
        code=row.code,
        name=row.name,
        figures=found.figures,
        flags=found.flags,
        brand=row.brand,
        category=row.category,
        barcode=row.barcode,
        portions={name: grams for name, grams in row.portions.items() if grams > 0},
        everyday=0 if row.brand else 1,
        reference="U.S. Department of Agriculture (public domain)",
    )


def _of_part(table: Any) -> Iterator[FoodGiven]:
    number = count()
    for batch in table.to_batches(max_chunksize=2000):
        yield from _of_batch(batch.to_pylist(), number)


def _of_batch(rows: Iterable[dict[str, Any]], number: Iterator[int]) -> Iterator[FoodGiven]:
    for row in rows:
        code = f"{PART_CODES}{next(number)}"
        name = (row["name"] or "").strip()[:200]
        if not name:
            continue
        figures = {ours: row[theirs] for ours, theirs in _FROM_PART.items()}
        sodium = row["sodium_mg"]
        found = checked({**figures, "salt_g": None if sodium is None else sodium * SALT_OF_SODIUM_MG})
        portion, grams = (row["portion"] or "").strip(), row["portion_g"]
        named = portion and portion != "undetermined" and grams and grams > 0
        yield FoodGiven(
            code=code,
            name=name,
            figures=found.figures,
            flags=found.flags,
            category=(row["category"] or "")[:80],
            everyday=_everyday(name) if row["is_generic"] else 0,
            portions={f"1 {portion}"[:80]: grams} if named else {},
            reference="USDA FoodData Central (public domain)",
        )


def _everyday(name: str) -> int:
    """Generic foods after those of the house, the shorter named ones first: 1 to 9."""
    return max(1, 9 - len(name.split(",")) - len(name) // 20)
