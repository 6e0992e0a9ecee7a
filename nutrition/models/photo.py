"""Photos of plates, what was seen in them, and a person's own examples."""

import uuid

from django.db import models
from django.db.models import QuerySet

from accounts.models import Athlete, LearningScope
from nutrition.models.food import Food
from nutrition.models.meal import Meal
from web.models.binned import Binned, kept


class FoodPhotoQuerySet(QuerySet["FoodPhoto"]):
    def visible_to(self, user) -> "FoodPhotoQuerySet":
        """One's own alone: a coach sees meals, never the photos."""
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()

    def editable_by(self, user) -> "FoodPhotoQuerySet":
        return self.visible_to(user)

    def learnable(self) -> "FoodPhotoQuerySet":
        """Photos whose owners let them teach models."""
        return self.filter(athlete__in=Athlete.objects.learnable(LearningScope.PHOTO))


class FoodPhoto(Binned):
    """One photo, upright, without what a camera writes about place and time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="food_photos")
    meal = models.ForeignKey(Meal, null=True, blank=True, on_delete=models.SET_NULL, related_name="photos")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    n_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = kept(FoodPhotoQuerySet)
    all_with_deleted = FoodPhotoQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    @property
    def folder(self) -> str:
        """Below MEDIA_ROOT."""
        return f"food_photos/{self.pk}"


class PhotoRegionQuerySet(QuerySet["PhotoRegion"]):
    def visible_to(self, user) -> "PhotoRegionQuerySet":
        return self.filter(photo__in=FoodPhoto.objects.visible_to(user))

    def editable_by(self, user) -> "PhotoRegionQuerySet":
        return self.visible_to(user)


class PhotoRegion(models.Model):
    """One food in a photo: where, what a model said, and what a person says it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    photo = models.ForeignKey(FoodPhoto, on_delete=models.CASCADE, related_name="regions")
    box = models.JSONField(null=True, blank=True)
    """[left, top, width, height] as shares of the photo; None: all of it."""
    answer = models.JSONField(default=dict, blank=True)
    """What was answered, see nutrition/photos/services/recognising.py."""
    label = models.CharField(max_length=120, blank=True)
    """What a person says it is; empty: nobody said."""
    food = models.ForeignKey(Food, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    grams = models.FloatField(null=True, blank=True)
    """How much of it; None: nobody said."""
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = PhotoRegionQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]


class OwnFoodQuerySet(QuerySet["OwnFood"]):
    def visible_to(self, user) -> "OwnFoodQuerySet":
        return self.filter(athlete__user=user) if user.is_authenticated else self.none()

    def editable_by(self, user) -> "OwnFoodQuerySet":
        return self.visible_to(user)


class OwnFood(models.Model):
    """What one person wants recognised under a name of theirs, for them alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="own_foods")
    name = models.CharField(max_length=120)
    food = models.ForeignKey(Food, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """Whose nutrients it has."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnFoodQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["athlete", "name"], name="one_own_food_per_name")]

    def __str__(self) -> str:
        return self.name


class OwnFoodExample(models.Model):
    """Features of one region of a photo: what recognises an own food again."""

    own_food = models.ForeignKey(OwnFood, on_delete=models.CASCADE, related_name="examples")
    region = models.OneToOneField(PhotoRegion, on_delete=models.CASCADE, related_name="example")
    features = models.BinaryField()
    """float32, little endian."""
    made_by = models.CharField(max_length=60)
    """Part and version that made the features; others do not compare."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
