"""How a version did on every single example it was judged on, person by person."""

from django.db import models

from mlops.models.registry import ModelVersion
from mlops.models.task import EngineQuerySet


class JudgedSubject(models.Model):
    """The primary metric of each example of one subject (pseudonym), in the dataset's order, for paired intervals.

    Rows go when the subject is erased, so that two models are from then on compared on the people who are left.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="judged")
    subject = models.CharField(max_length=32, db_index=True)
    n = models.PositiveIntegerField()
    values = models.BinaryField()
    """n little-endian float32."""

    objects = EngineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "subject"], name="one_judgement_per_subject")]
