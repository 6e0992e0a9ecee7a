"""/api/v1/foods/: search, the common tables, foods of one's own."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.athletes import athlete_for
from nutrition.foods.api.serializers import FoodSerializer
from nutrition.foods.selectors.search import foods_search
from nutrition.foods.services.own import foods_binned, own_food_delete, own_food_restore, own_food_save
from nutrition.models import Food
from web.api.responses import ProblemSerializer
from web.api.views import ModelViewSet

SEARCH = OpenApiParameter("q", str, description="Words of a name; typing errors are forgiven. Without it: own foods.")
MOST_FOUND = 50


@extend_schema_view(list=extend_schema(parameters=[SEARCH]))
class FoodViewSet(ModelViewSet):
    """Foods. `?q=` searches all of them, the likeliest first; without it the list holds your own."""

    queryset = Food.objects.all()
    serializer_class = FoodSerializer
    query_parameters = ("q",)
    lookup_value_converter = "int"

    def visible(self) -> QuerySet:
        return super().visible().prefetch_related("portions")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        text = request.query_params.get("q")
        rows: Any = Food.objects.editable_by(request.user).prefetch_related("portions").order_by("name", "pk")
        if text is not None:
            rows = foods_search(request.user, text, MOST_FOUND)
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(rows), many=True).data)

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = own_food_save(athlete=athlete_for(self.request.user), **serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        row = serializer.instance
        serializer.instance = own_food_save(athlete=row.athlete, food=row, **serializer.validated_data)

    def perform_destroy(self, instance: Food) -> None:
        own_food_delete(food=instance)

    @extend_schema(request=None, responses={200: FoodSerializer, 404: ProblemSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: int) -> Response:
        """Take a deletion back within thirty days."""
        own_food_restore(get_object_or_404(foods_binned(request.user), pk=pk))
        return Response(self.get_serializer(get_object_or_404(self.visible(), pk=pk)).data)
