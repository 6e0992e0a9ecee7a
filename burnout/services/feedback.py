"""What a person says about an estimate: too high, about right, too low, or the number they would have said."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import LearningScope
from burnout.models import RiskEstimate
from burnout.selectors.features import place_of, source_of
from burnout.words import word_checked
from mlops.kinds.answers import Headline
from mlops.models import AnswerOrigin, Feedback, Prediction
from mlops.monitoring.services.feedback import feedback_record
from mlops.serving.services.log import log_write
from web.refusals import Problem


def estimate_word(*, estimate: RiskEstimate, given: Any, by: Any) -> Feedback:
    """Keep a word about an estimate; the next word about the same estimate replaces it.

    Raises ValidationError for a word that is none, Problem 409 `no_consent` while the person's days may not teach
    models (nothing about a model is learned then), `version_gone` when the version that said it is not kept any more.
    """
    correction = word_checked(given)
    if estimate.version is None:
        raise Problem(409, "version_gone", _("The model behind this estimate no longer exists."))
    source, place = source_of(estimate.athlete.pseudonym), place_of(estimate.day)
    logged = Prediction.objects.filter(version=estimate.version, source=source, place=place.place)
    if not logged.exists():
        log_write()  # it may wait in this process still
    kept = feedback_record(
        version=estimate.version, athlete_id=estimate.athlete_id, correction=correction, by=by,
        answered=Headline(number=estimate.risk, low=estimate.low, high=estimate.high), origin=AnswerOrigin.JOB,
        source=source, locator=place, scope=LearningScope.DAYS,
    )  # fmt: skip
    if kept is None:
        detail = _(
            "You don't let your check-ins train models, so we did not save your feedback. You can allow it under "
            "Consent."
        )
        raise Problem(409, "no_consent", detail)
    return kept


def word_about(estimate: RiskEstimate) -> Any:
    """The last word that the person said about an estimate, as it was given; None without one."""
    rows = Feedback.objects.filter(
        version=estimate.version_id, athlete=estimate.athlete_id, origin=AnswerOrigin.JOB, is_audit=False,
        source=source_of(estimate.athlete.pseudonym), place=place_of(estimate.day).place,
    )  # fmt: skip
    return rows.values_list("truth", flat=True).first()
