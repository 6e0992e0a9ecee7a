"""Tasks (what a model is asked) and the label sets they answer with."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from mlops.kinds.base import task_kind
from mlops.kinds.examples import ExampleSpec
from mlops.kinds.judging import JudgingRules
from mlops.kinds.metric import CLASSIFICATION, Metric


class LabelSetQuerySet(QuerySet["LabelSet"]):
    def visible_to(self, user) -> "LabelSetQuerySet":
        """Shared sets for everyone signed in, and one's own."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(is_shared=True) | Q(owner=user))

    def editable_by(self, user) -> "LabelSetQuerySet":
        """One's own; ML staff and administrators also the shared ones."""
        if not user.is_authenticated:
            return self.none()
        if user.is_ml_staff or user.is_administrator:
            return self.filter(Q(is_shared=True) | Q(owner=user))
        return self.filter(owner=user)


class LabelSet(models.Model):
    """Named labels: [{"name": "squat", "title": "Squat", "key": "1"}, …]; names are unique, keys one character."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    labels = models.JSONField(default=list)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="label_sets"
    )
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = LabelSetQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> list[str]:
        return [label["name"] for label in self.labels]


class EngineQuerySet(QuerySet):
    """Rows of the engine room: ML staff and administrators see them, nobody else does."""

    def visible_to(self, user):
        allowed = user.is_authenticated and (user.is_ml_staff or user.is_administrator)
        return self if allowed else self.none()


class TaskQuerySet(EngineQuerySet):
    """Tasks: what answers is no secret of the engine room."""

    def answering(self) -> "TaskQuerySet":
        """Those whose champion may be asked, by anybody signed in."""
        return self.filter(aliases__name="champion")


class Task(models.Model):
    """kind (code, see mlops.kinds.base), name, input (checked by the kind: a sensor layout …), labels, gates."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=64)
    input = models.JSONField(default=dict)
    """Checked by the kind: {"layout": "flextail", "window_spec": {...}} for sensor classification."""
    label_set = models.ForeignKey(LabelSet, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    gates = models.JSONField(default=dict)
    """Held-out metrics before a version may be promoted: {"accuracy": {"least": 0.8}, "ece": {"most": 0.1}}."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What its kind measures; those of a classifier where no installed app has the kind any more."""
        try:
            return task_kind(self.kind).metrics
        except KeyError:
            return CLASSIFICATION

    @property
    def example(self) -> ExampleSpec:
        """What its kind calls an example."""
        try:
            return task_kind(self.kind).example.in_language()
        except KeyError:
            return ExampleSpec().in_language()

    @property
    def judging(self) -> JudgingRules:
        """How much its gates must rest on."""
        try:
            return task_kind(self.kind).judging
        except KeyError:
            return JudgingRules()

    @property
    def metric(self) -> Metric:
        """The metric its versions are ranked by."""
        return self.metrics[0]
