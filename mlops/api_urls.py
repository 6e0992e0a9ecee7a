"""Endpoints of the engine room."""

from django.urls import path

from mlops.board.api import TaskViewSet
from mlops.datasets.api import DatasetViewSet
from mlops.exchange.api import (
    HubPullView,
    HubPushViewSet,
    LoggedRunViewSet,
    ModelImportView,
    RemoteModelView,
    VersionFolderView,
    VersionJudgeView,
)
from mlops.jobs.api import JobViewSet
from mlops.monitoring.api.answers import FeedbackViewSet, LoggedAnswerViewSet
from mlops.monitoring.api.drift import AlertViewSet, DriftMeasureView, DriftReportViewSet
from mlops.monitoring.api.feedback import FeedbackView
from mlops.parts.api import PartListView, PartView
from mlops.registry.api import PromotionViewSet, VersionViewSet
from mlops.review.api import ReviewFillView, ReviewItemViewSet
from mlops.serving.api import PartAnswerView, PredictView
from mlops.tasks.api import LabelSetViewSet
from mlops.training.api import RetrainView, RunViewSet, StudyViewSet
from web.api.routers import Router

app_name = "mlops_api"

router = Router()
router.register("jobs", JobViewSet, basename="job")
router.register("tasks", TaskViewSet, basename="task")
router.register("datasets", DatasetViewSet, basename="dataset")
router.register("runs", RunViewSet, basename="run")
router.register("studies", StudyViewSet, basename="study")
router.register("versions", VersionViewSet, basename="version")
router.register("promotions", PromotionViewSet, basename="promotion")
router.register("drift-reports", DriftReportViewSet, basename="drift-report")
router.register("answers", LoggedAnswerViewSet, basename="answer")
router.register("feedback", FeedbackViewSet, basename="feedback")
router.register("alerts", AlertViewSet, basename="alert")
router.register("review-items", ReviewItemViewSet, basename="review-item")
router.register("label-sets", LabelSetViewSet, basename="label-set")
router.register("runs/log", LoggedRunViewSet, basename="logged-run")
router.register("hub/pushes", HubPushViewSet, basename="hub-push")
urlpatterns = [
    path("tasks/<slug:name>/predict/", PredictView.as_view(), name="task-predict"),
    path("tasks/<slug:name>/retrain/", RetrainView.as_view(), name="task-retrain"),
    path("tasks/<slug:name>/drift/", DriftMeasureView.as_view(), name="task-drift"),
    path("tasks/<slug:name>/review/", ReviewFillView.as_view(), name="task-review"),
    path("tasks/<slug:name>/feedback/", FeedbackView.as_view(), name="task-feedback"),
    path("parts/", PartListView.as_view(), name="part-list"),
    path("parts/<str:name>/", PartView.as_view(), name="part"),
    path("parts/<str:name>/answer/", PartAnswerView.as_view(), name="part-answer"),
    path("hub/pulls/", HubPullView.as_view(), name="hub_pull"),
    path("versions/import/", ModelImportView.as_view(), name="model_import"),
    path("versions/remote/", RemoteModelView.as_view(), name="model_remote"),
    path("versions/<uuid:pk>/judge/", VersionJudgeView.as_view(), name="version_judge"),
    path("versions/<uuid:pk>/folder/", VersionFolderView.as_view(), name="version_folder"),
    *router.urls,
]
