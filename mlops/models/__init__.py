"""The rows of the engine room. Generic: nothing here knows sensors, videos or people's names."""

from mlops.models.dataset import Dataset, DatasetSubject
from mlops.models.job import Job, JobStatus
from mlops.models.labels import LabelSet
from mlops.models.registry import AliasName, ModelAlias, ModelVersion, PromotionEvent
from mlops.models.run import Run
from mlops.models.task import Task

__all__ = [
    "AliasName",
    "Dataset",
    "DatasetSubject",
    "Job",
    "JobStatus",
    "LabelSet",
    "ModelAlias",
    "ModelVersion",
    "PromotionEvent",
    "Run",
    "Task",
]
