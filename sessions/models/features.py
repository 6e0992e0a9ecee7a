"""What is made of videos: features of their frames, data sets of these, models of those. All in one person's space."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, LearningScope
from mlops.models import Job
from sessions.models.video import MakingState, Video, state_of


class Detector(models.TextChoices):
    FUSION = "fusion", _("Body, hands and objects")
    MEDIAPIPE = "mediapipe", _("Body and hands")
    YOLO = "yolo", _("Objects")


def short_id() -> str:
    """12 letters and digits: names a folder that the whole site has once."""
    return get_random_string(12, "abcdefghjkmnpqrstuvwxyz23456789")


class MadeByJob(models.Model):
    """One person's files that a job makes; there, and ready, from `made_at` on."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    facts = models.JSONField(default=dict)
    """What its maker says about it."""
    n_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def state(self) -> MakingState:
        return state_of(self.made_at, self.job)


class FeatureFileQuerySet(QuerySet["FeatureFile"]):
    def visible_to(self, user) -> "FeatureFileQuerySet":
        return self.filter(video__in=Video.objects.visible_to(user))

    def editable_by(self, user) -> "FeatureFileQuerySet":
        return self.filter(video__in=Video.objects.editable_by(user))

    def learnable(self) -> "FeatureFileQuerySet":
        """Features that may teach models: landmarks go with the learning consent for sensor data."""
        teaching = Athlete.objects.learnable(LearningScope.SENSOR)
        kept = Q(video__deleted_at__isnull=True, made_at__isnull=False)
        return self.filter(kept, Q(video__athlete__isnull=True) | Q(video__athlete__in=teaching))


class FeatureFile(MadeByJob):
    """Parquet of one extraction: one row a frame."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="features")
    name = models.CharField(max_length=150)
    """<video>_features.parquet: its name in the space of its owner."""
    detector = models.CharField(max_length=10, choices=Detector.choices, default=Detector.FUSION)
    sample_rate = models.PositiveIntegerField(default=1)
    """Every n-th frame."""
    subject = models.PositiveSmallIntegerField(null=True, blank=True)
    """Whom a person chose to be followed, by number in `facts["people"]`; None: who stands out most."""
    version = models.CharField(max_length=32, blank=True)
    """Of the extractor."""
    n_frames = models.PositiveIntegerField(default=0)

    objects = FeatureFileQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_feature_file_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def file(self) -> str:
        """Below MEDIA_ROOT."""
        return f"processed/features/{self.pk}.parquet"

    @property
    def path_told(self) -> str:
        """As people and programs know it."""
        return f"processed/features/{self.name}"


class OwnQuerySet(QuerySet):
    def visible_to(self, user) -> "OwnQuerySet":
        """One's own only."""
        return self.filter(owner=user) if user.is_authenticated else self.none()


class FeatureDataset(MadeByJob):
    """Windows over feature files as NumPy files with metadata.json."""

    id = models.CharField(primary_key=True, max_length=12, default=short_id, editable=False)
    sources = models.JSONField(default=list)
    """[{"id", "name"}] of the feature files, in the order they were named."""
    options = models.JSONField(default=dict)
    """window_sec, step_sec, balance_method."""

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"dataset_{self.pk}"

    @property
    def folder(self) -> str:
        """Below MEDIA_ROOT."""
        return f"processed/datasets/{self.name}"


class FeatureModel(MadeByJob):
    """A classifier of windows, trained on one data set."""

    id = models.CharField(primary_key=True, max_length=12, default=short_id, editable=False)
    dataset = models.ForeignKey(FeatureDataset, on_delete=models.CASCADE, related_name="models")
    model_type = models.CharField(max_length=16)
    options = models.JSONField(default=dict)
    """aggregation, n_estimators, max_depth, learning_rate."""

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"task_classifier_{self.model_type}_{self.pk}"

    @property
    def folder(self) -> str:
        """Below MEDIA_ROOT: holds the artifact of that name and <name>_metrics.json."""
        return f"mlruns/models/{self.pk}"
