"""The diary as a table: one line a food, figures of what was eaten, empty where nobody knows."""

import csv
from collections.abc import Iterator
from datetime import date

from accounts.models import Athlete
from mlops.ml.nutrition.foods.amounts import nutrients_of
from nutrition.models import NUTRIENTS, MealItem
from web.services.tables import neutralise

COLUMNS = ("day", "meal", "food", "amount", "unit", "grams", *NUTRIENTS)


class _Line:
    """What csv writes into: gives each line back."""

    def write(self, text: str) -> str:
        return text


def diary_lines(athlete: Athlete, since: date, until: date) -> Iterator[str]:
    """Lines of a CSV file of the days since … until; cells that a spreadsheet would run are neutralised."""
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield writer.writerow(COLUMNS)
    rows = MealItem.objects.filter(
        meal__athlete=athlete, meal__deleted_at__isnull=True, meal__day__gte=since, meal__day__lte=until
    ).select_related("meal").order_by("meal__day", "meal__slot", "position", "pk")  # fmt: skip
    for row in rows.iterator(500):
        eaten = nutrients_of(row.per_100_g, row.grams)
        figures = [round(eaten[name], 2) if name in eaten else "" for name in NUTRIENTS]
        cells = [row.meal.day.isoformat(), row.meal.slot, row.name, row.amount, row.unit, round(row.grams, 2), *figures]
        yield writer.writerow([neutralise(cell) for cell in cells])
