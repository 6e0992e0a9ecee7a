"""Endpoints that every app uses."""

from web.api.routers import Router
from web.api.uploads import UploadViewSet

app_name = "web_api"

router = Router()
router.register("uploads", UploadViewSet, basename="upload")
urlpatterns = router.urls
