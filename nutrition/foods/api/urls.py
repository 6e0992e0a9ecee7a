"""Endpoints of foods; included by nutrition/api_urls.py."""

from nutrition.foods.api.views import FoodViewSet
from web.api.routers import Router

router = Router()
router.register("foods", FoodViewSet, "food")
urlpatterns = router.urls
