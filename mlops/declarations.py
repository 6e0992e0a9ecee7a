"""What this app declares to the site: personal data, demo life, navigation."""

from typing import Any

from django.db.models import QuerySet

from mlops import models
from web.registries import personal_data


def register() -> None:
    """Called once from AppConfig.ready()."""
    personal_data.register(
        personal_data.PersonalTable(
            model=models.Job,
            rows=_own_jobs,
            secret_fields=("claim_token", "delivery", "worker"),
            order=90,
        )
    )
    personal_data.register(
        personal_data.PersonalTable(
            model=models.LabelSet,
            rows=lambda user: models.LabelSet.objects.filter(owner=user),
            erase=personal_data.Erase.ANONYMISE,
            anonymise=_disown,
            order=90,
        )
    )
    exempt = personal_data.exempt
    exempt(models.Task, "a question to a model; its owner is staff and goes with the account (SET_NULL)")
    exempt(models.Dataset, "holds pseudonyms only; shards are removed by the redaction hook before erasing")
    exempt(models.DatasetSubject, "a pseudonym and counts; the redaction hook empties the shard it names")
    exempt(models.Run, "numbers of a training; goes with its job's kind, holds no person")
    exempt(models.ModelVersion, "an artifact; versions trained on erased data are flagged and retired")
    exempt(models.ModelAlias, "points a task at a version")
    exempt(models.PromotionEvent, "append-only history; the acting person is set to null on erase")


def _own_jobs(user: Any) -> QuerySet[models.Job]:
    """Not the erasing job, which runs at that moment, nor the engine's, which hold no personal data."""
    return models.Job.objects.filter(owner=user, is_engine=False).exclude(kind="account.erase")


def _disown(rows: QuerySet[Any]) -> None:
    rows.update(owner=None)
