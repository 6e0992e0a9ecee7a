"""/api/v1/own-foods/: foods that are recognised for the caller alone."""

from typing import Any

from django.db.models import Count, QuerySet
from rest_framework import mixins, serializers

from nutrition.models import OwnFood
from nutrition.photos.services.own_foods import own_food_forget, own_food_rename
from web.api.serializers import StrictModelSerializer
from web.api.views import ReadOnlyModelViewSet


class OwnFoodSerializer(StrictModelSerializer):
    """A name and how many examples recognise it."""

    n_examples = serializers.IntegerField(read_only=True)

    class Meta:
        model = OwnFood
        fields = ["id", "name", "food", "n_examples", "created_at"]
        read_only_fields = ["id", "food", "n_examples", "created_at"]


class OwnFoodViewSet(mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """Own foods. PATCH renames one, or joins it with another of that name; DELETE forgets one with its examples."""

    queryset = OwnFood.objects.all()
    serializer_class = OwnFoodSerializer
    ordering_fields = ["name"]
    http_method_names = ["get", "patch", "delete", "head", "options"]

    def visible(self) -> QuerySet:
        return super().visible().annotate(n_examples=Count("examples")).order_by("name", "pk")

    def perform_update(self, serializer: Any) -> None:
        name = serializer.validated_data.get("name", serializer.instance.name)
        kept = own_food_rename(own_food=serializer.instance, name=name)
        serializer.instance = self.visible().get(pk=kept.pk)

    def perform_destroy(self, instance: OwnFood) -> None:
        own_food_forget(own_food=instance)
