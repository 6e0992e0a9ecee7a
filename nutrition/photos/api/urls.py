"""Endpoints of this room; included by nutrition/api_urls.py."""

from django.urls import URLPattern, URLResolver, path

from nutrition.photos.api import own_foods, photos
from web.api.routers import Router

router = Router()
router.register("food-photos", photos.FoodPhotoViewSet, "food_photo")
router.register("own-foods", own_foods.OwnFoodViewSet, "own_food")
urlpatterns: list[URLPattern | URLResolver] = [
    path("food-photos/<uuid:photo>/regions/", photos.RegionListView.as_view(), name="food_photo_regions"),
    path("food-photos/<uuid:photo>/regions/<uuid:pk>/", photos.RegionView.as_view(), name="food_photo_region"),
    path(
        "food-photos/<uuid:photo>/regions/<uuid:pk>/confirm/",
        photos.RegionConfirmView.as_view(), name="food_photo_confirm",
    ),
    *router.urls,
]  # fmt: skip
