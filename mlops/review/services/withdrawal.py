"""What a withdrawn learning consent takes with it at once."""

from typing import Any

from accounts.models import Athlete
from mlops.monitoring.models import Feedback
from mlops.review.models import ReviewItem
from mlops.serving.models import Prediction


def learning_withdrawn(user: Any, kind: str, scope: str) -> None:
    """Answers, feedback and queued examples of somebody who takes the learning consent back go at once."""
    athlete = Athlete.objects.filter(user=user).first()
    if kind == "learning" and athlete is not None:
        for model in (ReviewItem, Feedback, Prediction):
            model.objects.filter(athlete=athlete, scope=scope).delete()
