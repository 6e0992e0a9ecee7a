"""Endpoints of the engine room."""

from mlops.api.engine import (
    DatasetViewSet,
    LabelSetViewSet,
    PromotionViewSet,
    RunViewSet,
    TaskViewSet,
    VersionViewSet,
)
from mlops.api.jobs import JobViewSet
from web.api.routers import Router

app_name = "mlops_api"

router = Router()
router.register("jobs", JobViewSet, basename="job")
router.register("tasks", TaskViewSet, basename="task")
router.register("datasets", DatasetViewSet, basename="dataset")
router.register("runs", RunViewSet, basename="run")
router.register("versions", VersionViewSet, basename="version")
router.register("promotions", PromotionViewSet, basename="promotion")
router.register("label-sets", LabelSetViewSet, basename="label-set")
urlpatterns = router.urls
