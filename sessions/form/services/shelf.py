"""Repetitions of this site whose score people corrected: what form models learn from beside generated ones."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from accounts.models import Athlete, LearningScope
from mlops.ml.contract import BadShape, BadValue
from sessions.form.selectors.landmarks import report_landmarks
from sessions.models import FormCorrection, FormReport
from sessions.selectors.form_repetitions import JudgedRepetition
from web.refusals import Problem


class SiteRepetitions:
    """Implements RepetitionShelf. Landmarks go with the learning consent for sensor data and landmarks."""

    def teaching(self) -> Sequence[JudgedRepetition]:
        """Each corrected repetition once; of several people's words the newest counts."""
        athletes = Athlete.objects.learnable(LearningScope.SENSOR)
        rows = FormCorrection.objects.filter(
            report__athlete__in=athletes, report__made_at__isnull=False, report__deleted_at__isnull=True
        )
        rows = rows.exclude(report__video__deleted_at__isnull=False).exclude(report__session__deleted_at__isnull=False)
        newest: dict[tuple[Any, int], FormCorrection] = {}
        related = ("report__athlete", "report__video", "report__features__video", "report__session")
        for one in rows.select_related(*related).order_by("created_at", "pk"):
            newest[one.report_id, one.number] = one
        by_report: dict[Any, list[FormCorrection]] = {}
        for one in newest.values():
            by_report.setdefault(one.report_id, []).append(one)
        return [item for group in by_report.values() for item in _judged(group[0].report, group)]

    def correct(self, feedback: Any) -> None:
        """Corrections are made on the report, not on an answer of a model."""
        return


def _judged(report: FormReport, corrections: Sequence[FormCorrection]) -> Iterator[JudgedRepetition]:
    from mlops.ml.biomechanics.generator import EXERCISES
    from mlops.ml.biomechanics.preparing import prepared

    try:
        t, points, aspect = report_landmarks(report)
    except Problem:
        return
    athlete = report.athlete
    assert athlete is not None
    for one in corrections:
        repetition = report.facts["repetitions"][one.number - 1]
        inside = (t >= repetition["start_s"] - 1e-6) & (t <= repetition["end_s"] + 1e-6)
        if not np.isfinite(points[inside, :, :3]).all():
            continue
        try:
            x = prepared(points[inside, :, :3], t[inside], aspect)
        except (BadShape, BadValue):
            continue
        truth: dict[str, Any] = {"form_score": one.score}
        if report.exercise in EXERCISES:
            truth["exercise"] = report.exercise
        yield JudgedRepetition(athlete.pseudonym, x, truth, owner=athlete.pseudonym)
