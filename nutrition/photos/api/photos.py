"""/api/v1/food-photos/: one's own photos of food, a box around each food, what it is and how much of it."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.athletes import athlete_for
from nutrition.models import Food, FoodPhoto, MealSlot, OwnFoodExample, PhotoRegion
from nutrition.photos.selectors.photos import photo_get_for, photo_list, region_get_for
from nutrition.photos.services.bin import photo_restore, photos_binned
from nutrition.photos.services.meals import photo_meal
from nutrition.photos.services.photos import photo_delete, photo_from_file
from nutrition.photos.services.regions import region_add, region_amount, region_confirm, region_move, region_remove
from web.api.responses import ProblemSerializer
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer
from web.api.views import Endpoint, ReadOnlyModelViewSet

REFUSALS = {code: ProblemSerializer for code in (400, 404, 409)}
UPLOAD_REFUSALS = {code: ProblemSerializer for code in (400, 409, 413, 415, 422, 507)}


class RegionSerializer(serializers.ModelSerializer):
    """A food in a photo. `answer` holds the scores of the model and the own foods that look alike."""

    class Meta:
        model = PhotoRegion
        fields = ["id", "box", "answer", "label", "food", "grams", "created_at", "confirmed_at"]
        read_only_fields = fields


class RegionConfirmedSerializer(RegionSerializer):
    """A confirmed food, and whether it will be recognised again."""

    remembered = serializers.SerializerMethodField()

    class Meta(RegionSerializer.Meta):
        fields = [*RegionSerializer.Meta.fields, "remembered"]
        read_only_fields = fields

    def get_remembered(self, region: PhotoRegion) -> bool:
        """False also where no features can be made now."""
        return OwnFoodExample.objects.filter(region=region).exists()


class RegionGivenSerializer(StrictSerializer):
    """A new region."""

    box = serializers.JSONField(
        allow_null=True, help_text="[left, top, width, height] as shares of the photo; null: all of it."
    )


class RegionChangeSerializer(StrictSerializer):
    """Another box, or another amount in g."""

    box = serializers.JSONField(required=False, allow_null=True)
    grams = serializers.FloatField(required=False, allow_null=True)


class RegionConfirmSerializer(StrictSerializer):
    """What it is."""

    label = serializers.CharField(max_length=120)
    food = OwnedPrimaryKeyRelatedField(
        queryset=lambda user: Food.objects.visible_to(user), required=False, allow_null=True
    )
    remember = serializers.BooleanField(
        required=False, default=False, help_text="Recognise this food under its name from now on, for the caller alone."
    )


class FoodPhotoSerializer(StrictModelSerializer):
    """A photo of food: always one's own."""

    regions = RegionSerializer(many=True, read_only=True)

    class Meta:
        model = FoodPhoto
        fields = ["id", "meal", "width", "height", "n_bytes", "sha256", "taken_at", "created_at", "is_demo", "regions"]
        read_only_fields = fields


class MealGivenSerializer(StrictSerializer):
    """When it was eaten."""

    day = serializers.DateField()
    slot = serializers.ChoiceField(choices=MealSlot.choices)


class FoodPhotoGivenSerializer(StrictSerializer):
    """A new photo."""

    photo = serializers.FileField(help_text="JPEG, PNG or WebP of at most 25 megapixels.")
    taken_at = serializers.DateTimeField(required=False, allow_null=True)


class FoodPhotoViewSet(mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """Own photos of food; deleting puts one into the bin for thirty days, from which it can be restored."""

    queryset = FoodPhoto.objects.all()
    serializer_class = FoodPhotoSerializer
    ordering_fields = ["created_at"]
    parser_classes = (*Endpoint.parser_classes, MultiPartParser)

    def visible(self) -> QuerySet:
        return photo_list(user=self.request.user).prefetch_related("regions")

    @extend_schema(
        request={"multipart/form-data": FoodPhotoGivenSerializer},
        responses={201: FoodPhotoSerializer, **UPLOAD_REFUSALS},
    )
    def create(self, request: Request) -> Response:
        """Upload a photo. It is stored upright, without what the camera wrote into it, at most 1,500 pixels long."""
        given = FoodPhotoGivenSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        row = photo_from_file(athlete=athlete_for(request.user), file=data["photo"], taken_at=data.get("taken_at"))
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: FoodPhoto) -> None:
        photo_delete(photo=instance)

    @extend_schema(request=MealGivenSerializer, responses={201: FoodPhotoSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def meal(self, request: Request, pk: str) -> Response:
        """Save the plate as a meal: its named foods of the food table with their amounts."""
        photo = photo_get_for(user=request.user, pk=pk)
        photo_meal(photo=photo, **_given(MealGivenSerializer, request))
        return Response(self.get_serializer(photo).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: FoodPhotoSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take a deletion back within thirty days; 409 where the same photo was uploaded again."""
        photo_restore(get_object_or_404(photos_binned(request.user), pk=pk))
        return Response(self.get_serializer(get_object_or_404(self.visible(), pk=pk)).data)


def _given(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    found = kind(data=request.data, context={"request": request})
    found.is_valid(raise_exception=True)
    return found.validated_data


class RegionListView(Endpoint):
    """Foods in a photo; POST marks one and answers what it may be."""

    @extend_schema(responses={200: RegionSerializer(many=True)})
    def get(self, request: Request, photo: str) -> Response:
        rows = photo_get_for(user=request.user, pk=photo).regions.all()
        return Response(RegionSerializer(rows, many=True).data)

    @extend_schema(request=RegionGivenSerializer, responses={201: RegionSerializer, **REFUSALS})
    def post(self, request: Request, photo: str) -> Response:
        row = photo_get_for(user=request.user, pk=photo)
        region = region_add(photo=row, box=_given(RegionGivenSerializer, request)["box"])
        return Response(RegionSerializer(region).data, status=status.HTTP_201_CREATED)


class RegionView(Endpoint):
    """One food in a photo."""

    @extend_schema(responses={200: RegionSerializer})
    def get(self, request: Request, photo: str, pk: str) -> Response:
        return Response(RegionSerializer(region_get_for(user=request.user, photo=photo, pk=pk)).data)

    @extend_schema(request=RegionChangeSerializer, responses={200: RegionSerializer, **REFUSALS})
    def patch(self, request: Request, photo: str, pk: str) -> Response:
        region = region_get_for(user=request.user, photo=photo, pk=pk)
        data = _given(RegionChangeSerializer, request)
        if "grams" in data:
            region_amount(region=region, grams=data["grams"])
        if "box" in data:
            region_move(region=region, box=data["box"])
        return Response(RegionSerializer(region).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, photo: str, pk: str) -> Response:
        region_remove(region=region_get_for(user=request.user, photo=photo, pk=pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RegionConfirmView(Endpoint):
    """Say what a food in a photo is."""

    @extend_schema(request=RegionConfirmSerializer, responses={200: RegionConfirmedSerializer, **REFUSALS})
    def post(self, request: Request, photo: str, pk: str) -> Response:
        region = region_get_for(user=request.user, photo=photo, pk=pk)
        data = _given(RegionConfirmSerializer, request)
        region = region_confirm(
            region=region, label=data["label"], food=data.get("food"), remember=data["remember"], by=request.user
        )
        return Response(RegionConfirmedSerializer(region).data)
