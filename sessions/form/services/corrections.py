"""What people say a repetition's score should have been."""

from typing import Any

from django.utils.translation import gettext as _

from sessions.models import FormCorrection, FormReport
from web.refusals import Problem


def correction_set(*, report: FormReport, number: int, score: float, note: str, by: Any) -> FormCorrection:
    """Keep one person's word on one repetition; a second word replaces the first. Raises Problem 422."""
    repetitions = report.facts.get("repetitions", [])
    if not 1 <= number <= len(repetitions):
        raise Problem(422, "unknown_repetition", _("This report has no repetition with that number."))
    if not 0 <= score <= 100:
        raise Problem(422, "out_of_range", _("A score lies between 0 and 100."))
    row, _made = FormCorrection.objects.update_or_create(
        report=report, number=number, author=by,
        defaults={"score": score, "note": note.strip()[:300], "said": repetitions[number - 1].get("score")},
    )  # fmt: skip
    return row


def correction_clear(*, report: FormReport, number: int, by: Any) -> None:
    """Take one's own word back."""
    FormCorrection.objects.filter(report=report, number=number, author=by).delete()

