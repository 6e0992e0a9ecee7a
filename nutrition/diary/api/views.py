"""/api/v1/meals/, /body-mass/, /nutrition/…: one's own, and those of athletes who share nutrition."""

from dataclasses import asdict
from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.athletes import athlete_for
from nutrition.diary.api.serializers import (
    BodyMassSerializer,
    DaySerializer,
    MealSerializer,
    MealShownSerializer,
    NutritionSettingsSerializer,
    RecipeSerializer,
)
from nutrition.diary.selectors.days import day_of
from nutrition.diary.selectors.targets import settings_of, targets_of
from nutrition.diary.services.meals import (
    ItemGiven,
    meal_change,
    meal_create,
    meal_delete,
    meal_restore,
    meals_binned,
)
from nutrition.diary.services.recipes import recipe_create
from nutrition.diary.services.settings import body_mass_delete, body_mass_save, settings_save
from nutrition.foods.api.serializers import FoodSerializer
from nutrition.models import BodyMass, Meal
from web.api.filters import IdFilter
from web.api.responses import ProblemSerializer
from web.api.views import Endpoint, ModelViewSet

REFUSALS = {code: ProblemSerializer for code in (400, 403, 404)}


class MealFilter(django_filters.FilterSet):
    athlete = IdFilter("athlete_id")
    day_after = django_filters.DateFilter("day", "gte")
    day_before = django_filters.DateFilter("day", "lte")

    class Meta:
        model = Meal
        fields = ["day", "slot"]


class BodyMassFilter(django_filters.FilterSet):
    athlete = IdFilter("athlete_id")
    day_after = django_filters.DateFilter("day", "gte")
    day_before = django_filters.DateFilter("day", "lte")

    class Meta:
        model = BodyMass
        fields = ["day"]


class MealViewSet(ModelViewSet):
    """Meals by day and slot."""

    queryset = Meal.objects.all()
    serializer_class = MealSerializer
    filterset_class = MealFilter
    ordering_fields = ["day"]

    def visible(self) -> QuerySet:
        return super().visible().select_related("athlete__user").prefetch_related("items").order_by("-day", "-pk")

    @extend_schema(responses={201: MealShownSerializer, **REFUSALS})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        items = [ItemGiven(**one) for one in values.pop("items")]
        meal = meal_create(athlete=athlete_for(request.user), items=items, **values)
        return Response(self.get_serializer(meal).data, status=status.HTTP_201_CREATED)

    def perform_update(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        values.pop("client_id", None)
        items = values.pop("items", None)
        given = None if items is None else [ItemGiven(**one) for one in items]
        serializer.instance = meal_change(meal=serializer.instance, items=given, **values)

    def perform_destroy(self, instance: Meal) -> None:
        meal_delete(meal=instance)

    @extend_schema(request=None, responses={200: MealShownSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take a deletion back within thirty days."""
        meal_restore(get_object_or_404(meals_binned(request.user), pk=pk))
        return Response(self.get_serializer(get_object_or_404(self.visible(), pk=pk)).data)


class BodyMassViewSet(ModelViewSet):
    """Body mass by day."""

    queryset = BodyMass.objects.all()
    serializer_class = BodyMassSerializer
    filterset_class = BodyMassFilter
    ordering_fields = ["day"]
    lookup_value_converter = "int"
    http_method_names = ["get", "post", "delete", "head", "options"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = body_mass_save(athlete=athlete_for(self.request.user), **serializer.validated_data)

    def perform_destroy(self, instance: BodyMass) -> None:
        body_mass_delete(row=instance)


class RecipesEndpoint(Endpoint):
    """Recipes: foods of your own that are calculated from their ingredients."""

    @extend_schema(request=RecipeSerializer, responses={201: FoodSerializer, **REFUSALS})
    def post(self, request: Request) -> Response:
        """Keep a dish; it is found like any food, with the portion "1 serving"."""
        given = RecipeSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        items = [ItemGiven(**one) for one in values.pop("items")]
        food = recipe_create(athlete=athlete_for(request.user), items=items, **values)
        return Response(FoodSerializer(food).data, status=status.HTTP_201_CREATED)


class DayEndpoint(Endpoint):
    """One day of your diary."""

    @extend_schema(responses={200: DaySerializer, **REFUSALS})
    def get(self, request: Request, day: date) -> Response:
        """Totals and targets of a day."""
        athlete = athlete_for(request.user)
        eaten, targets = day_of(athlete, day), targets_of(athlete, day)
        found = {
            "day": day,
            "n_items": eaten.n_items,
            "totals": {name: asdict(total) for name, total in eaten.totals.items()},
            "targets": None if targets is None else {name: asdict(one) for name, one in targets.items()},
        }
        return Response(DaySerializer(found).data)


class SettingsEndpoint(Endpoint):
    """Your goal, and what the targets rest on."""

    @extend_schema(responses={200: NutritionSettingsSerializer, **REFUSALS})
    def get(self, request: Request) -> Response:
        """What was chosen."""
        return Response(NutritionSettingsSerializer(settings_of(athlete_for(request.user))).data)

    @extend_schema(request=NutritionSettingsSerializer, responses={200: NutritionSettingsSerializer, **REFUSALS})
    def patch(self, request: Request) -> Response:
        """Change what is named."""
        athlete = athlete_for(request.user)
        given = NutritionSettingsSerializer(settings_of(athlete), data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        return Response(NutritionSettingsSerializer(settings_save(athlete=athlete, **given.validated_data)).data)
