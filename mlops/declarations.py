"""What this app declares to the site: job kinds, chores, personal data, consent, navigation."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import Athlete
from mlops import exchange_jobs, jobs, models, watch_declarations  # noqa: F401  importing jobs registers the kinds
from mlops.chores import Chore
from mlops.chores import register as chore
from mlops.services.account_jobs import exports_expire, exports_remove
from mlops.services.artifacts import orphans_clean
from mlops.services.checkpoints import checkpoints_tidy
from mlops.services.datasets import datasets_settle
from mlops.services.jobs import job_create
from mlops.services.parents import parents_wake
from mlops.services.redaction import subject_redact, versions_retire
from mlops.services.remote_models import policy_apply
from mlops.task_kinds import task_kinds
from web.registries import consent, home, nav, personal_data
from web.services.housekeeping import house_keep

STAFF = frozenset({"ml_staff", "administrator"})


def register() -> None:
    """Called once from AppConfig.ready()."""
    policy_apply()
    _personal_data()
    consent.on_withdrawn(_learning_withdrawn)
    chore(Chore("settle datasets", 10, datasets_settle))
    chore(Chore("wake waiting jobs", 5, parents_wake))
    chore(Chore("remove old checkpoints", 600, checkpoints_tidy))
    chore(Chore("retire versions", 3600, versions_retire))
    chore(Chore("remove orphaned artifacts", 3600, orphans_clean))
    chore(Chore("expire exports", 3600, exports_expire))
    chore(Chore("keep house", 3600, house_keep))
    watch_declarations.register()
    nav.register(nav.NavEntry("Models", "mlops:board", "models", STAFF, order=20))
    nav.register(nav.NavEntry("Jobs", "mlops:jobs", "jobs", STAFF, order=80))
    home.register("ml_staff", "mlops:board")


def _personal_data() -> None:
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
    about_athletes = {models.Prediction: (), models.Feedback: ("by",), models.ReviewItem: ("claimed_by",)}
    for model, secret_fields in about_athletes.items():
        personal_data.register(
            personal_data.PersonalTable(
                model=model,
                rows=lambda user, model=model: model.objects.filter(athlete__user=user),
                secret_fields=secret_fields,
                order=20,
            )
        )
    personal_data.before_erase(exports_remove)
    personal_data.before_erase(_redact_now)
    exempt = personal_data.exempt
    exempt(models.Task, "a question to a model; its owner is set to null on erase")
    exempt(models.Dataset, "holds pseudonyms only; shards are removed by a hook before erasing")
    exempt(models.DatasetSubject, "a pseudonym and counts; the hook before erasing empties the shard it names")
    exempt(models.Run, "numbers of a training; holds no person")
    exempt(models.Study, "settings that were searched; its owner is set to null on erase")
    exempt(models.JudgedSubject, "a pseudonym and figures; the hook before erasing removes the rows it names")
    exempt(models.ModelVersion, "an artifact; versions trained on erased data are flagged and retired")
    exempt(models.HubPush, "where a model was published; who did it is set to null on erase")
    exempt(models.LoggedRun, "figures of a training elsewhere; who reported it is set to null on erase")
    exempt(models.ModelAlias, "points a task at a version")
    exempt(models.DriftReport, "distributions over many people; holds nobody in particular")
    exempt(models.Alert, "a sentence about a model; who acknowledged it is set to null on erase")
    exempt(models.Review, "goes with its item; the reviewer is set to null on erase")
    exempt(models.PromotionEvent, "append-only history; the acting person is set to null on erase")


def _own_jobs(user: Any) -> QuerySet[models.Job]:
    """All but the engine's, which hold no personal data."""
    return models.Job.objects.filter(owner=user, is_engine=False)


def _disown(rows: QuerySet[Any]) -> None:
    """Label sets that a task uses stay, shared and without their maker; the others go."""
    rows.filter(tasks__isnull=True).delete()
    rows.update(owner=None, is_shared=True)


def _redact_now(user: Any) -> None:
    """Before erasing: the person's shards go in the same job."""
    athlete = Athlete.objects.filter(user=user).first()
    if athlete is not None:
        subject_redact(athlete.pseudonym)


def _learning_withdrawn(user: Any, kind: str, scope: str) -> None:
    """A withdrawn learning consent: remove the shards in the background, at once."""
    athlete = Athlete.objects.filter(user=user).first()
    if kind != "learning" or athlete is None or scope not in {one.learning_scope for one in task_kinds()}:
        return
    job_create(
        kind="subject.redact",
        title="Take a person out of the training data",
        owner=None,
        parameters={"subject": athlete.pseudonym, "scope": scope},
        is_engine=True,
        dedupe_key=f"subject.redact:{scope}:{athlete.pseudonym}",
    )
