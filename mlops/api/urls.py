from mlops.api.jobs import JobViewSet
from web.api.routers import Router

app_name = "mlops_api"

router = Router()
router.register("jobs", JobViewSet, basename="job")
urlpatterns = router.urls
