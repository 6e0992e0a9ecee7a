"""Small periodic work around served models, and what a withdrawn consent takes with it."""

from typing import Any

from accounts.models import Athlete
from mlops.models import AlertKind, Feedback, ModelAlias, Prediction, ReviewItem
from mlops.selectors.live_accuracy import live_accuracy
from mlops.services.alerts import alert_close, alert_open


def accuracy_watch() -> None:
    """A chore: an alert for each champion whose live accuracy lies below what training promised."""
    for alias in ModelAlias.objects.filter(name="champion").select_related("version__task"):
        found = live_accuracy(alias.version)
        if found.fell:
            text = (
                f"Version {alias.version.number} is right less often than on held-out people: {found.audited.text} of "
                f"{found.audited.n} reviewed answers, {found.unopposed.text} of {found.unopposed.n} unopposed, "
                f"against {found.held_out.text}."
            )
            alert_open(task=alias.task, kind=AlertKind.ACCURACY, version=alias.version, text=text)
        elif found.has_any:
            alert_close(task=alias.task, kind=AlertKind.ACCURACY)


def learning_withdrawn(user: Any, kind: str, scope: str) -> None:
    """Answers, feedback and queued stretches of somebody who takes the learning consent back go at once."""
    athlete = Athlete.objects.filter(user=user).first()
    if kind == "learning" and athlete is not None:
        for model in (ReviewItem, Feedback, Prediction):
            model.objects.filter(athlete=athlete, scope=scope).delete()
