"""Clips and the labels on them."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, CoachScope, LearningScope
from mlops.models import Job
from sessions.models.span import TimeSpan
from sessions.models.workout import WorkoutSession
from web.models.binned import Binned, kept


class MakingState(models.TextChoices):
    """How far something is that a job makes."""

    MAKING = "making", _("In progress")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


def state_of(made_at: Any, job: Job | None) -> MakingState:
    """Ready once it is made; failed where its job ended, or was tidied away, without making it."""
    if made_at is not None:
        return MakingState.READY
    return MakingState.MAKING if job is not None and not job.is_ended else MakingState.FAILED


class VideoQuerySet(QuerySet["Video"]):
    def visible_to(self, user) -> "VideoQuerySet":
        """One's own, as coach those of athletes who share form and video, as ML staff the clips without a person."""
        if not user.is_authenticated:
            return self.none()
        seen = Q(owner=user) | Q(athlete__in=Athlete.objects.visible_to(user, CoachScope.FORM_VIDEO))
        if user.is_ml_staff:
            seen |= Q(athlete__isnull=True)
        return self.filter(seen)

    def editable_by(self, user) -> "VideoQuerySet":
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(owner=user) | Q(athlete__user=user))

    def learnable(self) -> "VideoQuerySet":
        """Clips whose pictures may teach models: without a person, or under the learning consent for raw video."""
        return self.filter(Q(athlete__isnull=True) | Q(athlete__in=Athlete.objects.learnable(LearningScope.RAW_VIDEO)))


class Video(Binned):
    """A clip of an athlete, perhaps filmed in a workout; or one without a person here, with a rights statement."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="videos")
    athlete = models.ForeignKey(Athlete, null=True, blank=True, on_delete=models.CASCADE, related_name="videos")
    session = models.ForeignKey(
        WorkoutSession, null=True, blank=True, on_delete=models.SET_NULL, related_name="videos"
    )
    rights = models.CharField(max_length=500, blank=True)
    """Who is in it and who allowed what; of a clip that shows no athlete of this site."""
    title = models.CharField(max_length=120)
    file = models.CharField(max_length=255)
    """Below MEDIA_ROOT: vlm_uploads/<id>/video.<ending>; the poster and the times of its frames lie beside it."""
    name = models.CharField(max_length=150)
    """Of the file, as it was uploaded."""
    sha256 = models.CharField(max_length=64, db_index=True)
    n_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    container = models.CharField(max_length=8, blank=True)
    codec = models.CharField(max_length=16, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    """Pixels as it is shown: after the rotation."""
    rotation = models.PositiveSmallIntegerField(default=0)
    """Degrees clockwise by which the stored pictures are turned to be upright."""
    rate_hz = models.FloatField(default=0)
    n_frames = models.PositiveIntegerField(default=0)
    duration_s = models.FloatField(default=0)
    filmed_at = models.DateTimeField(null=True, blank=True)
    """When the camera says it began; some cameras write when it ended."""
    probed_at = models.DateTimeField(null=True, blank=True)
    """When it was found to be a video that can be read."""
    problem = models.CharField(max_length=300, blank=True)
    """Why it cannot be read, in a sentence; its file is gone then."""
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    """Somebody looked at the whole clip: time without a label then means "none of these"."""
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = kept(VideoQuerySet)
    all_with_deleted = VideoQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(athlete__isnull=False) | ~Q(rights=""), name="video_without_a_person_states_rights"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def folder(self) -> str:
        """Below MEDIA_ROOT."""
        return f"vlm_uploads/{self.pk}"

    @property
    def state(self) -> MakingState:
        return MakingState.FAILED if self.problem else state_of(self.probed_at, self.job)

    @property
    def is_ready(self) -> bool:
        return self.state == MakingState.READY


class VideoSpanQuerySet(QuerySet["VideoSpan"]):
    def visible_to(self, user) -> "VideoSpanQuerySet":
        return self.filter(video__in=Video.objects.visible_to(user))

    def editable_by(self, user) -> "VideoSpanQuerySet":
        """One's own clip, or a coach's view of it: a coach may correct labels."""
        return self.visible_to(user)


class VideoSpan(TimeSpan):
    """A label of a video."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="spans")
    every = models.PositiveIntegerField(default=1)
    """Of a label file that names each n-th frame only: n, so that the same rows go out again."""

    objects = VideoSpanQuerySet.as_manager()

    class Meta(TimeSpan.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(end_s__gt=F("start_s")) & Q(start_s__gte=0) & Q(every__gte=1), name="video_span_has_length"
            )
        ]
