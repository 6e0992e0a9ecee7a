"""Endpoints of the diary; included by nutrition/api_urls.py."""

from datetime import date

from django.urls import path, register_converter

from nutrition.diary.api.views import BodyMassViewSet, DayEndpoint, MealViewSet, RecipesEndpoint, SettingsEndpoint
from web.api.routers import Router


class DayConverter:
    """2026-05-31."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return f"{value:%Y-%m-%d}"


register_converter(DayConverter, "day")
router = Router()
router.register("meals", MealViewSet, "meal")
router.register("body-mass", BodyMassViewSet, "body_mass")
urlpatterns = [
    *router.urls,
    path("nutrition/days/<day:day>/", DayEndpoint.as_view(), name="day"),
    path("recipes/", RecipesEndpoint.as_view(), name="recipes"),
    path("nutrition/settings/", SettingsEndpoint.as_view(), name="settings"),
]
