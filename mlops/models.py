"""The rows of the engine room, gathered from its rooms; nothing here knows sensors, videos or people."""

from mlops.datasets.models import Dataset, DatasetSubject
from mlops.exchange.models import HubPush, LoggedRun
from mlops.jobs.models import Job, JobStatus
from mlops.monitoring.models import Alert, AlertKind, DriftReport, DriftVerdict, Feedback
from mlops.registry.models import AliasName, EvaluatedSubject, EventAction, ModelAlias, ModelVersion, PromotionEvent
from mlops.review.models import Review, ReviewAction, ReviewItem, ReviewReason, ReviewState
from mlops.serving.models import AnswerOrigin, Prediction
from mlops.tasks.models import LabelSet, Task
from mlops.training.models.run import Run, RunOutcome
from mlops.training.models.study import Study

__all__ = [
    "Alert",
    "AlertKind",
    "AliasName",
    "AnswerOrigin",
    "Dataset",
    "DatasetSubject",
    "DriftReport",
    "DriftVerdict",
    "EvaluatedSubject",
    "EventAction",
    "Feedback",
    "HubPush",
    "Job",
    "JobStatus",
    "LabelSet",
    "LoggedRun",
    "ModelAlias",
    "ModelVersion",
    "Prediction",
    "PromotionEvent",
    "Review",
    "ReviewAction",
    "ReviewItem",
    "ReviewReason",
    "ReviewState",
    "Run",
    "RunOutcome",
    "Study",
    "Task",
]
