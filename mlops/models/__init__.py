"""The rows of the engine room. Generic: nothing here knows sensors, videos or people's names."""

from mlops.models.dataset import Dataset, DatasetSubject
from mlops.models.exchange import HubPush, LoggedRun
from mlops.models.job import Job, JobStatus
from mlops.models.judged import JudgedSubject
from mlops.models.labels import LabelSet
from mlops.models.registry import AliasName, EventAction, ModelAlias, ModelVersion, PromotionEvent
from mlops.models.review import Review, ReviewAction, ReviewItem, ReviewReason, ReviewState
from mlops.models.run import Run, RunOutcome
from mlops.models.study import Study
from mlops.models.task import Task
from mlops.models.watching import Alert, AlertKind, AnswerOrigin, DriftReport, DriftVerdict, Feedback, Prediction

__all__ = [
    "Alert",
    "AlertKind",
    "AliasName",
    "AnswerOrigin",
    "Dataset",
    "DatasetSubject",
    "DriftReport",
    "DriftVerdict",
    "EventAction",
    "Feedback",
    "HubPush",
    "Job",
    "JobStatus",
    "JudgedSubject",
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
