"""A clip with its report drawn over it: asked for on the report's page, made by a job."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from mlops.jobs.services.jobs import job_create
from mlops.models import Job
from sessions.form.selectors.landmarks import report_landmarks
from sessions.form.selectors.reports import ANNOTATED_FILE, report_path, report_series
from sessions.form.selectors.shown import repetitions_of
from sessions.form.words import exercise_title
from sessions.models import FormReport
from web.refusals import Problem

ANNOTATED = "form.annotated"
JOINTS = {"knee": 25, "hip": 23, "elbow": 13, "shoulder": 11}
"""Landmarks of the left side at which an angle can be written; the right one follows it."""


def annotated_wanted(*, row: FormReport, by: Any) -> Job:
    """Its job, or the one that runs already. Raises Problem 409 without a clip, QuotaExceeded."""
    if row.video is None or row.made_at is None:
        raise Problem(409, "no_video", _("This report has no video."))
    return job_create(
        kind=ANNOTATED, title=_("Draw the report over the video"), owner=by, parameters={"report": str(row.pk)},
        dedupe_key=annotated_key(row),
    )  # fmt: skip


def annotated_key(row: FormReport) -> str:
    return f"form-annotated-{row.pk}"


def annotated_make(*, row: FormReport, context: Any) -> None:
    """Write the copy, whole or not at all. Raises UnreadableInput, Cancelled; Problem where the landmarks are gone."""
    from mlops.ml.limited import Limits, in_child
    from mlops.ml.vision.video.annotated import annotated_of
    from mlops.ml.vision.video.facts import read_facts

    assert row.video is not None
    source = Path(settings.MEDIA_ROOT) / row.video.file
    target = report_path(row, ANNOTATED_FILE)
    part = target.with_name(f".{target.name}.part")
    looking = Limits(memory_mib=1536, cpu_s=300, wall_s=600, file_mib=1)
    facts: Any = in_child(read_facts, looking)(source)
    note = _("Drawing")
    try:
        annotated_of(source, facts, _marks(row), part, lambda n: context.step(n, len(facts.t_s), note))
        with context.commit():
            more = part.stat().st_size - (target.stat().st_size if target.is_file() else 0)
            rows = FormReport.all_with_deleted.filter(pk=row.pk)
            if rows.update(n_bytes=F("n_bytes") + more, annotated=True):
                os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _marks(row: FormReport) -> Any:
    from mlops.ml.vision.video.annotated import Marks, RepetitionMark

    t, points, _aspect = report_landmarks(row)
    name, angle = _main_angle(report_series(row)["angles"], len(t))
    joint, _dash, side = name.partition("_")
    word = _("Hold %(n)s") if row.held_s is not None else _("Repetition %(n)s")
    marks = tuple(
        RepetitionMark(
            one.facts["start_s"], one.facts["end_s"], word % {"n": one.facts["number"]},
            "–" if one.score is None else f"{one.score:.0f}",
        )
        for one in repetitions_of(row)
    )  # fmt: skip
    at = JOINTS.get(joint, 0) + (side == "right")
    title = exercise_title(row.exercise) if row.exercise else _("Form report")
    return Marks(t, points[:, :, [0, 1, 3]], angle, at, title, marks)


def _main_angle(angles: dict[str, list[float | None]], n: int) -> tuple[str, Any]:
    """The joint angle that moves most, by its name, and its values; "" and NaN where none is known."""
    best, most, values = "", 0.0, np.full(n, np.nan)
    for name, given in angles.items():
        found = np.array([np.nan if one is None else one for one in given], float)
        known = found[np.isfinite(found)]
        if name.partition("_")[0] in JOINTS and len(found) == n and len(known) > n / 2:
            moved = float(np.percentile(known, 95) - np.percentile(known, 5))
            if moved > most:
                best, most, values = name, moved, found
    return best, values
