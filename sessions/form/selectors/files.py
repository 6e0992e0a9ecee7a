"""A report as files for other programs."""

import csv
from collections.abc import Callable
from io import StringIO
from types import SimpleNamespace
from typing import Any

from sessions.form.selectors.landmarks import report_landmarks
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
    """One line a frame: seconds, repetition, phase, angles in degrees; empty where nothing is known."""
    from mlops.ml.biomechanics.form import exports

    return exports.angles_csv(_told(row))


def angles_mot(row: FormReport) -> str:
    """OpenSim motion, degrees."""
    from mlops.ml.biomechanics.form import exports

    return exports.mot(_told(row))


def landmarks_trc(row: FormReport) -> str:
    """OpenSim points, metres; by the athlete's height where it is known."""
    from mlops.ml.biomechanics.form import exports

    t, points, aspect = report_landmarks(row)
    return exports.trc(points, t.tolist(), aspect, row.facts.get("height_m"))


def keypoints_json(row: FormReport) -> str:
    """COCO keypoints of all frames, in pixels of the video; of a set before the mirror 1,000 pixels high."""
    from mlops.ml.biomechanics.form import exports

    t, points, aspect = report_landmarks(row)
    size = (row.video.width, row.video.height) if row.video else (round(1000 * aspect), 1000)
    return exports.coco(points, t.tolist(), size)


def _told(row: FormReport) -> Any:
    """What the library's writers read of a report."""
    series = report_series(row)
    return SimpleNamespace(
        times_s=series["times_s"], angles=series["angles"], phases=row.facts.get("phases", [])
    )  # fmt: skip


FILES: dict[str, tuple[str, Callable[[FormReport], str]]] = {
    "repetitions.csv": ("text/csv", repetitions_csv),
    "angles.csv": ("text/csv", angles_csv),
    "angles.mot": ("text/plain", angles_mot),
    "landmarks.trc": ("text/plain", landmarks_trc),
    "keypoints.json": ("application/json", keypoints_json),
}
"""Name → its content type and what makes it."""
