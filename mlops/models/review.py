"""The review queue: stretches that are worth a person's look, and what people decided."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Athlete, LearningScope
from mlops.models.registry import ModelVersion
from mlops.models.task import Task
from mlops.models.watching import LearnableQuerySet


class ReviewReason(models.TextChoices):
    CORRECTION = "correction", "Corrected live"
    UNCERTAIN = "uncertain", "The model is unsure"
    DIVERSE = "diverse", "Unlike the others"
    AUDIT = "audit", "Drawn at random"


class ReviewState(models.TextChoices):
    OPEN = "open", "Waiting"
    DONE = "done", "Reviewed"
    GONE = "gone", "Decided elsewhere"


class ReviewAction(models.TextChoices):
    CONFIRM = "confirm", "Confirmed"
    CORRECT = "correct", "Corrected"
    REJECT = "reject", "Rejected"
    EMPTY = "empty", "Nothing here"
    SKIP = "skip", "Skipped"


class ReviewQuerySet(LearnableQuerySet):
    def visible_to(self, user):
        """ML staff, while the athlete consents. Administrators do not label."""
        return self.learnable() if user.is_authenticated and user.is_ml_staff else self.none()


class ReviewItem(models.Model):
    """A stretch of somebody's sample with what a model (or the athlete) says about it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="review_items")
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=12, choices=LearningScope.choices, default=LearningScope.SENSOR)
    reason = models.CharField(max_length=10, choices=ReviewReason.choices)
    source = models.UUIDField()
    """What the kind calls it: a recording, a video."""
    span = models.UUIDField(null=True)
    """The proposed label it stands for, where there is one already."""
    start_s = models.FloatField()
    end_s = models.FloatField()
    label = models.CharField(max_length=64, blank=True)
    """What is proposed."""
    scores = models.JSONField(default=list)
    """[{"label", "score"}…] of the model, best first."""
    urgency = models.FloatField(default=0)
    """Higher comes first."""
    n_wanted = models.PositiveSmallIntegerField(default=1)
    """How many people should decide it, each without seeing the others."""
    state = models.CharField(max_length=4, choices=ReviewState.choices, default=ReviewState.OPEN)
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-urgency", "created_at", "pk"]
        indexes = [models.Index(fields=["state", "-urgency"], name="review_state_urgency")]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "source", "start_s", "end_s"],
                condition=Q(state="open"),
                name="one_open_item_per_stretch",
            )
        ]

    @property
    def pseudonym(self) -> str:
        """Who, as ML staff may know it."""
        return self.athlete.pseudonym


class Review(models.Model):
    """One person's decision about one item."""

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="reviews")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=8, choices=ReviewAction.choices)
    label = models.CharField(max_length=64, blank=True)
    """The label it ended with; empty for rejected, nothing here and skipped."""
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["item", "by"], name="one_review_per_person")]
