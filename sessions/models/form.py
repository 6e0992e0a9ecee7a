"""How well repetitions were done: reports, what people correct in them, and links that share one."""

import uuid
from pathlib import PurePosixPath

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete, CoachScope
from mlops.models import Job
from sessions.models.features import FeatureFile
from sessions.models.video import MakingState, Video, state_of
from sessions.models.workout import WorkoutSession
from web.models.binned import Binned, kept


class FormOrigin(models.TextChoices):
    VIDEO = "video", _("Video")
    MIRROR = "mirror", _("Mirror")


class FormReportQuerySet(QuerySet["FormReport"]):
    def visible_to(self, user) -> "FormReportQuerySet":
        """One's own, as coach those of athletes who share form and video; those of videos as the videos."""
        if not user.is_authenticated:
            return self.none()
        shared = Athlete.objects.visible_to(user, CoachScope.FORM_VIDEO)
        mirrored = Q(video__isnull=True) & (Q(owner=user) | Q(athlete__in=shared))
        gone = Q(session__deleted_at__isnull=False) & Q(origin=FormOrigin.MIRROR)
        return self.filter(mirrored | Q(video__in=Video.objects.visible_to(user))).exclude(gone)

    def editable_by(self, user) -> "FormReportQuerySet":
        if not user.is_authenticated:
            return self.none()
        return self.visible_to(user).filter(Q(owner=user) | Q(athlete__user=user))

    def ready(self) -> "FormReportQuerySet":
        return self.filter(made_at__isnull=False)


class FormReport(Binned):
    """What was found in the movement of one clip, or of one set before the mirror."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="form_reports")
    athlete = models.ForeignKey(Athlete, null=True, blank=True, on_delete=models.CASCADE, related_name="form_reports")
    video = models.ForeignKey(Video, null=True, blank=True, on_delete=models.CASCADE, related_name="form_reports")
    features = models.ForeignKey(FeatureFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    session = models.ForeignKey(
        WorkoutSession, null=True, blank=True, on_delete=models.SET_NULL, related_name="form_reports"
    )
    origin = models.CharField(max_length=8, choices=FormOrigin.choices, default=FormOrigin.VIDEO)
    asked = models.CharField(max_length=40, blank=True)
    """Key of the exercise that a person chose; empty: it is recognised."""
    client_id = models.UUIDField(null=True, blank=True)
    """Given by the mirror, so that a set that is sent twice is stored once."""
    exercise = models.CharField(max_length=40, blank=True)
    """Key of the exercise that was judged; empty where none was."""
    n_repetitions = models.PositiveIntegerField(default=0)
    score = models.FloatField(null=True, blank=True)
    """Mean of the repetitions that could be judged, 0 to 100."""
    is_judged = models.BooleanField(default=False)
    filmed_at = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField(default=dict)
    """The report without what is known frame by frame."""
    version = models.CharField(max_length=32, blank=True)
    """Of the rules."""
    n_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True, blank=True)
    annotated = models.BooleanField(default=False, editable=False)
    """Its file annotated.mp4 is there."""
    is_demo = models.BooleanField(default=False, editable=False)

    objects = kept(FormReportQuerySet)
    all_with_deleted = FormReportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "client_id"], name="one_form_report_per_set")]
        indexes = [models.Index(fields=["athlete", "exercise", "filmed_at"], name="form_trend")]

    def __str__(self) -> str:
        return f"{self.exercise or 'form'} {self.created_at:%Y-%m-%d}"

    @property
    def state(self) -> MakingState:
        return state_of(self.made_at, self.job)

    @property
    def held_s(self) -> float | None:
        """Seconds for which a hold was held, all together; None where repetitions are counted."""
        if self.facts.get("exercise", {}).get("kind") != "hold":
            return None
        return sum(one["end_s"] - one["start_s"] for one in self.facts.get("repetitions", []))

    @property
    def folder(self) -> str:
        """Below MEDIA_ROOT."""
        return f"processed/form/{self.pk}"

    def file(self, name: str) -> str:
        """One of its files below MEDIA_ROOT: series.json; landmarks.f32 of the mirror; annotated.mp4."""
        return str(PurePosixPath(self.folder) / name)


class FormCorrectionQuerySet(QuerySet["FormCorrection"]):
    def visible_to(self, user) -> "FormCorrectionQuerySet":
        return self.filter(report__in=FormReport.objects.visible_to(user))


class FormCorrection(models.Model):
    """What a person says a repetition's score should have been; models learn from it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(FormReport, on_delete=models.CASCADE, related_name="corrections")
    number = models.PositiveIntegerField()
    """Of the repetition, from 1."""
    score = models.FloatField()
    """0 to 100."""
    note = models.CharField(max_length=300, blank=True)
    said = models.FloatField(null=True, blank=True)
    """The score that the report gave."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now=True)

    objects = FormCorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["number", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number", "author"], name="one_form_correction_per_author"),
            models.CheckConstraint(condition=Q(score__gte=0) & Q(score__lte=100), name="form_correction_in_range"),
        ]


class FormShareQuerySet(QuerySet["FormShare"]):
    def visible_to(self, user) -> "FormShareQuerySet":
        return self.filter(report__in=FormReport.objects.editable_by(user))


class FormShare(models.Model):
    """A link under which a report can be seen without an account until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(FormReport, on_delete=models.CASCADE, related_name="shares")
    secret_hash = models.CharField(max_length=64, unique=True)
    with_video = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FormShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
