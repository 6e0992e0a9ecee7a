"""What this app declares to the site: job kinds, chores, personal data, consent, navigation."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Athlete
from mlops import models, slots
from mlops.board.continued_section import run_continued, version_continued
from mlops.board.selectors import search as found
from mlops.board.service_section import task_facts, version_facts
from mlops.datasets import jobs as dataset_jobs
from mlops.datasets.services.datasets import datasets_kept, datasets_settle
from mlops.datasets.services.files import dataset_names
from mlops.exchange import jobs as exchange_jobs
from mlops.exchange.services.connections import policy_apply
from mlops.exchange.services.pushes import pushes_flag
from mlops.jobs import account as account_jobs
from mlops.jobs.chores import Chore
from mlops.jobs.chores import register as chore
from mlops.jobs.services.account import exports_bytes, exports_expire, exports_remove
from mlops.jobs.services.jobs import job_create
from mlops.jobs.services.mail import mails_again
from mlops.jobs.services.parents import parents_wake
from mlops.jobs.services.promises import promises_end
from mlops.jobs.services.retention import jobs_trim
from mlops.jobs.services.watching import job_figures, worker_figures
from mlops.kinds.base import task_kinds
from mlops.library_words import SENTENCES
from mlops.ml.parts import store as parts_store
from mlops.monitoring import jobs as monitoring_jobs
from mlops.monitoring.services.chores import accuracy_watch
from mlops.monitoring.services.drift import drift_daily
from mlops.parts import jobs as part_jobs
from mlops.parts.services.fetching import parts_keep
from mlops.registry import jobs as registry_jobs
from mlops.registry.selectors import versions_kept
from mlops.registry.services.artifacts import artifact_names, orphans_clean
from mlops.registry.services.redaction import subject_redact, versions_retire
from mlops.registry.signals import dataset_redacted, served_changed
from mlops.review import jobs as review_jobs
from mlops.review.services.withdrawal import learning_withdrawn
from mlops.serving.services.log import predictions_trim
from mlops.serving.services.models import model_figures
from mlops.serving.services.versions import serving_forget
from mlops.training import jobs as training_jobs
from mlops.training.services.checkpoints import CHECKPOINTS, checkpoints_tidy
from mlops.training.services.continuing import views_tidy
from web import said
from web.registries import consent, figures, home, nav, personal_data, search, storage, stored_files
from web.services.housekeeping import house_keep

JOBS = (
    account_jobs, dataset_jobs, exchange_jobs, monitoring_jobs, part_jobs, registry_jobs, review_jobs, training_jobs,
)  # fmt: skip
"""Modules whose import registers the engine's job kinds."""
STAFF = frozenset({"ml_staff", "administrator"})
REVIEWERS = frozenset({"ml_staff"})
LOCAL = (
    nav.LocalEntry(_("Overview"), "mlops:board", STAFF, 10),
    nav.LocalEntry(_("Tasks"), "mlops:tasks", STAFF, 20),
    nav.LocalEntry(_("Label sets"), "mlops:label_sets", STAFF, 30),
    nav.LocalEntry(_("Datasets"), "mlops:datasets", STAFF, 60),
    nav.LocalEntry(_("Runs"), "mlops:runs", STAFF, 70, also=("mlops:study",)),
    nav.LocalEntry(_("Versions"), "mlops:versions", STAFF, 80),
    nav.LocalEntry(_("Import and export"), "mlops:exchange", STAFF, 90),
    nav.LocalEntry(_("Parts"), "mlops:parts", STAFF, 95, also=("mlops:part",)),
    nav.LocalEntry(_("Queue"), "mlops:queue", REVIEWERS, 100),
    nav.LocalEntry(_("Monitoring"), "mlops:drift", STAFF, 110),
    nav.LocalEntry(_("Jobs"), "mlops:jobs", STAFF, 120),
)
"""The bar of the engine room's pages; apps add theirs."""


def register() -> None:
    """Called once from AppConfig.ready()."""
    policy_apply()
    said.register(SENTENCES)
    parts_store.use(settings.PARTS_DIR)
    _personal_data()
    stored_files.register(models.Dataset, dataset_names)
    stored_files.register(models.ModelVersion, artifact_names)
    stored_files.passing(CHECKPOINTS)
    consent.on_withdrawn(_learning_withdrawn)
    consent.on_withdrawn(learning_withdrawn)
    served_changed.connect(_serve_anew, dispatch_uid="mlops")
    dataset_redacted.connect(_flag_pushes, dispatch_uid="mlops")
    for source in (job_figures, worker_figures, model_figures):
        figures.of_site(source)
    chore(Chore("complete datasets", 10, datasets_settle))
    chore(Chore("resend mail", 30, mails_again))
    chore(Chore("resume waiting jobs", 5, parents_wake))
    chore(Chore("remove old checkpoints", 600, checkpoints_tidy))
    chore(Chore("remove what continued runs left", 600, views_tidy))
    chore(Chore("trim ended jobs", 600, jobs_trim))
    chore(Chore("retire versions", 3600, versions_retire))
    chore(Chore("remove orphaned artifacts", 3600, orphans_clean))
    chore(Chore("release reserved space", 10, promises_end))
    chore(Chore("expire exports", 3600, exports_expire))
    chore(Chore("clean up", 3600, house_keep))
    chore(Chore("fetch parts", 20, parts_keep))
    chore(Chore("measure drift", 600, drift_daily))
    chore(Chore("monitor live accuracy", 3600, accuracy_watch))
    chore(Chore("trim logged answers", 3600, predictions_trim))
    storage.register(storage.Usage(_("Datasets"), 30, datasets_kept))
    storage.register(storage.Usage(_("Models"), 40, versions_kept))
    storage.register(storage.Usage(_("Exports (kept for a week)"), 50, count=exports_bytes, is_kept=False))
    slots.register("task", slots.Slot("service", "mlops/service_section.html", task_facts, 20))
    slots.register("run", slots.Slot("continued", "mlops/continued_section.html", run_continued, 10))
    slots.register("version", slots.Slot("continued", "mlops/continued_section.html", version_continued, 10))
    slots.register("version", slots.Slot("service", "mlops/version_service.html", version_facts, 20))
    nav.register(nav.NavEntry(_("Models"), "mlops:board", "models", STAFF, order=20, section="engine"))
    home.register("ml_staff", "mlops:board")
    for entry in LOCAL:
        nav.register_local("engine", entry)
    search.register(search.Source(_("Tasks"), "tasks", 50, found.tasks_found))
    search.register(search.Source(_("Models"), "models", 60, found.versions_found))
    search.register(search.Source(_("Runs"), "runs", 70, found.runs_found))
    search.register(search.Source(_("Datasets"), "datasets", 80, found.datasets_found))


def _serve_anew(**_: Any) -> None:
    serving_forget()


def _flag_pushes(*, dataset: models.Dataset, **_: Any) -> None:
    pushes_flag(dataset)


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
    exempt(models.Task, "a question for a model; its owner is set to null on erase")
    exempt(models.Dataset, "holds pseudonyms only; shards are removed by a hook before erasing")
    exempt(models.DatasetSubject, "a pseudonym and counts; the hook before erasing empties the shard it names")
    exempt(models.Run, "metrics of a run; holds no person")
    exempt(models.Study, "searched settings; its owner is set to null on erase")
    exempt(models.EvaluatedSubject, "a pseudonym and metrics; the hook before erasing removes the rows it names")
    exempt(models.ModelVersion, "an artifact; versions trained on erased data are flagged and retired")
    exempt(models.HubPush, "where a model was published; who did it is set to null on erase")
    exempt(models.LoggedRun, "metrics of an external run; who reported it is set to null on erase")
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
        title="Remove a person from the training data",
        owner=None,
        parameters={"subject": athlete.pseudonym, "scope": scope},
        is_engine=True,
        dedupe_key=f"subject.redact:{scope}:{athlete.pseudonym}",
    )
