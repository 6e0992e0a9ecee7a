"""The review queue: examples that are worth a person's look, and what people decided."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, LearningScope
from mlops.kinds.answers import Correction
from mlops.kinds.questions import Locator
from mlops.registry.models import ModelVersion
from mlops.serving.models import LearnableQuerySet
from mlops.tasks.models import Task


class ReviewReason(models.TextChoices):
    CORRECTION = "correction", _("Correction")
    UNCERTAIN = "uncertain", _("Low confidence")
    DIVERSE = "diverse", _("Unusual")
    AUDIT = "audit", _("Random sample")


class ReviewState(models.TextChoices):
    OPEN = "open", _("To review")
    DONE = "done", _("Reviewed")
    GONE = "gone", _("Decided elsewhere")


class ReviewAction(models.TextChoices):
    CONFIRM = "confirm", _("Confirmed")
    CORRECT = "correct", _("Corrected")
    REJECT = "reject", _("Rejected")
    EMPTY = "empty", _("Nothing here")
    SKIP = "skip", _("Skipped")


class ReviewQuerySet(LearnableQuerySet):
    def visible_to(self, user):
        """ML staff, while the athlete consents. Administrators do not label."""
        return self.learnable() if user.is_authenticated and user.is_ml_staff else self.none()


class ReviewItem(models.Model):
    """An example of somebody's data with what a model (or the athlete) says about it."""

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
    start_s = models.FloatField(default=0)
    end_s = models.FloatField(default=0)
    place = models.CharField(max_length=80, blank=True)
    """A frame, box or row of the source, see Locator."""
    label = models.CharField(max_length=64, blank=True)
    """What is proposed."""
    correction = models.JSONField(null=True)
    """The same for kinds without labels, as a `Correction` holds it."""
    scores = models.JSONField(default=list)
    """The whole answer of the model: [{"label", "score"}…] best first, or what else its kind answers."""
    said = models.JSONField(default=dict)
    """Its headline: the best guess, also where it would be withheld."""
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
                fields=["task", "source", "start_s", "end_s", "place"],
                condition=Q(state="open"),
                name="one_open_item_per_stretch",
            )
        ]

    @property
    def pseudonym(self) -> str:
        """Who, as ML staff may know it."""
        return self.athlete.pseudonym

    @property
    def locator(self) -> Locator:
        """Where in its source the example lies."""
        return Locator(self.start_s, self.end_s, self.place)

    @property
    def proposed(self) -> Correction:
        """What a person is asked to confirm; empty when there is nothing."""
        return Correction(self.label, self.correction)


class Review(models.Model):
    """One person's decision about one item."""

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="reviews")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=8, choices=ReviewAction.choices)
    label = models.CharField(max_length=64, blank=True)
    """The label it ended with; empty for rejected, nothing here and skipped."""
    correction = models.JSONField(null=True)
    """The same for kinds without labels."""
    at = models.DateTimeField(auto_now_add=True)
    written = models.JSONField(default=dict)
    """What undo needs: "n_wanted" before; where it settled the item, "kind" (of the kind's `decide`) and "feedback"."""

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["item", "by"], name="one_review_per_person")]

    @property
    def said(self) -> Correction:
        """What the person said it is; empty for rejected and nothing here alike."""
        return Correction(self.label, self.correction)
