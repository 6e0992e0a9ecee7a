"""A report as files for other programs."""

import csv
from collections.abc import Callable
from io import StringIO

from sessions.form.selectors.reports import corrections_of, report_series
from sessions.models import FormReport
from web.services.tables import neutralise

COLUMNS = (
    "number", "side", "start_s", "peak_s", "end_s", "down_s", "pause_s", "up_s", "score", "confidence", "view",
    "symmetry",
)  # fmt: skip


def repetitions_csv(row: FormReport) -> str:
    """One line a repetition: times, score, certainty, cost of each fault, and a person's correction."""
    corrected = {one.number: one.score for one in corrections_of(row).order_by("created_at")}
    found = row.facts.get("repetitions", [])
    faults = sorted({check["fault"] for one in found for check in one["checks"]})
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *(f"cost_{name}" for name in faults), "corrected_score"])
    for one in found:
        cost = {check["fault"]: check["cost"] for check in one["checks"]}
        values = [neutralise("" if one.get(name) is None else one[name]) for name in COLUMNS]
        writer.writerow([*values, *(cost.get(name, "") for name in faults), corrected.get(one["number"], "")])
    return text.getvalue()


def angles_csv(row: FormReport) -> str:
    """One line a frame: seconds and angles in degrees; empty where nothing is known."""
    series = report_series(row)
    names = list(series["angles"])
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["time_s", *names])
    for n, t in enumerate(series["times_s"]):
        values = (series["angles"][name][n] for name in names)
        writer.writerow([t, *("" if value is None else value for value in values)])
    return text.getvalue()


FILES: dict[str, tuple[str, Callable[[FormReport], str]]] = {
    "repetitions.csv": ("text/csv", repetitions_csv),
    "angles.csv": ("text/csv", angles_csv),
}
"""Name → its content type and what makes it."""
