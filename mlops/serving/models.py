"""What served models answered: a sample of all answers."""

import uuid

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, LearningScope
from mlops.kinds.answers import Headline
from mlops.registry.models import AliasName, ModelVersion
from mlops.tasks.models import Task


class LearnableQuerySet(QuerySet):
    """Rows about athletes that ML staff see only while the athlete lets such data teach models."""

    def learnable(self):
        """Rows whose athlete consents to learning in the row's own scope."""
        wanted = Q(pk__in=[])
        for scope in LearningScope.values:
            wanted |= Q(scope=scope, athlete__in=Athlete.objects.learnable(scope))
        return self.filter(wanted)

    def visible_to(self, user):
        """ML staff and administrators, by pseudonym; nobody else."""
        allowed = user.is_authenticated and (user.is_ml_staff or user.is_administrator)
        return self.learnable() if allowed else self.none()


class AnswerOrigin(models.TextChoices):
    LIVE = "live", _("Live stream")
    API = "api", _("API")
    JOB = "job", _("Job or page")
    REVIEW = "review", _("Review queue")


class Prediction(models.Model):
    """One answer of a served version: a sample of all answers, kept for a time, with learning consent only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="predictions")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="predictions")
    athlete = models.ForeignKey(Athlete, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=12, choices=LearningScope.choices, default=LearningScope.SENSOR)
    arm = models.CharField(max_length=10, choices=AliasName.choices, default=AliasName.CHAMPION)
    origin = models.CharField(max_length=6, choices=AnswerOrigin.choices)
    source = models.UUIDField(null=True)
    """The stream, recording, video, photo or day that was asked about."""
    start_s = models.FloatField(default=0)
    end_s = models.FloatField(default=0)
    place = models.CharField(max_length=80, blank=True)
    """A frame, box or row of the source, see Locator."""
    label = models.CharField(max_length=64, blank=True)
    number = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    confidence = models.FloatField(null=True)
    abstained = models.BooleanField(default=False)
    reason = models.CharField(max_length=12, blank=True)
    """Why nothing was said."""
    value = models.JSONField(null=True)
    """The whole answer of a kind whose headline does not hold it."""
    is_sampled = models.BooleanField(default=True)
    """False for one that was kept only because somebody corrected it: rates leave it out."""
    statistics = models.JSONField(default=list)
    """Raw statistics of the example, in the order of the kind's `statistic_names`; null for unknown."""
    at = models.DateTimeField(db_index=True)

    objects = LearnableQuerySet.as_manager()

    @property
    def headline(self) -> Headline:
        """What was said, in short."""
        return Headline(self.label, self.number, self.low, self.high, self.confidence, self.reason)

    class Meta:
        ordering = ["-at", "pk"]
        indexes = [models.Index(fields=["version", "at"], name="prediction_version_at")]
