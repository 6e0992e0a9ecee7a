"""Where every task stands in the loop, and the one thing to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.jobs.models import ENDED, Job
from mlops.kinds.base import TaskKind
from mlops.kinds.examples import SourceSummary
from mlops.registry.models import ModelVersion
from mlops.registry.selectors import champions_of
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_or_none, task_list
from mlops.training.models import Run

MADE = ("study", "run", "dataset")
"""What jobs of a task make."""
MORE_LABELS = 1.1
"""A new dataset is worth building when a tenth more time is labelled than in the last one."""


@dataclass(frozen=True)
class NextAction:
    """One sentence why, one button."""

    text: str
    label: str
    url: str


@dataclass(frozen=True)
class TaskState:
    """One row of the board."""

    task: Task
    kind_title: str
    summary: SourceSummary | None
    n_datasets: int
    n_versions: int
    champion: ModelVersion | None
    latest: ModelVersion | None
    open_job: Job | None
    next_action: NextAction | None
    label_url: str
    """Where this person labels samples of the task; empty where they may not."""

    @property
    def metric_words(self) -> str:
        """What its models are ranked by, in the middle of a sentence."""
        title = self.task.metric.words
        if not (get_language() or "en").startswith("en"):
            return title
        return title if title[:2].isupper() or title[1:2].isdigit() else title[:1].lower() + title[1:]

    @property
    def n_proposed(self) -> int:
        """Labels that wait for a yes or no."""
        return self.summary.n_proposed if self.summary else 0

    @property
    def amount(self) -> str:
        """How much may be learned from: "12.5 min", "40 photos"."""
        return self.task.example.amount(self.summary.amount if self.summary else 0.0)

    @property
    def groups(self) -> str:
        """ "3 people"."""
        return self.task.example.count_groups(self.summary.n_groups if self.summary else 0)

    @property
    def amounts(self) -> list[tuple[str, str]]:
        """Label and how much of it, the most first."""
        found = sorted(self.summary.amounts.items(), key=lambda item: -item[1]) if self.summary else []
        return [(label, self.task.example.amount(amount)) for label, amount in found]


def board(user: Any) -> list[TaskState]:
    """The state of every task that `user` may see."""
    tasks = list(task_list(user))
    champions = champions_of(Task.objects.filter(pk__in=[task.pk for task in tasks]))
    return task_states(tasks, champions, user=user)


def task_states(tasks: Sequence[Task], champions: Mapping[Any, ModelVersion], *, user: Any) -> list[TaskState]:
    """What the board says to `user` about these tasks, in as many statements for a hundred of them as for one."""
    kinds = {task.pk: kind_or_none(task) for task in tasks}
    summaries: dict[Any, SourceSummary] = {}
    for one in {kind.name: kind for kind in kinds.values() if kind}.values():
        summaries |= one.summaries([task for task in tasks if kinds[task.pk] is one])
    built = Dataset.objects.filter(task__in=tasks, status=DatasetStatus.READY)
    datasets = _first_of_each(built.annotate(is_used=Exists(Run.objects.filter(dataset=OuterRef("pk")))), tasks)
    made = ModelVersion.objects.filter(task__in=tasks)
    latest = _first_of_each(made.filter(retired_at__isnull=True).order_by("-number"), tasks)
    n_datasets, n_versions, jobs = _counts(built), _counts(made), _open_jobs(tasks)
    states = []
    for task in tasks:
        kind, champion, job = kinds[task.pk], champions.get(task.pk), jobs.get(task.pk)
        summary, where = summaries.get(task.pk), label_url(kind, user=user)
        dataset, version = datasets.get(task.pk), latest.get(task.pk)
        states.append(
            TaskState(
                task=task,
                kind_title=kind.title if kind else task.kind,
                summary=summary,
                n_datasets=n_datasets.get(task.pk, 0),
                n_versions=n_versions.get(task.pk, 0),
                champion=champion,
                latest=version,
                open_job=job,
                next_action=_next(task, kind, summary, dataset, version, champion, job, where),
                label_url=where,
            )
        )
    return states


def _first_of_each(rows: QuerySet[Any], tasks: Sequence[Task]) -> dict[Any, Any]:
    """task id → the first of its rows in their order."""
    own = rows.filter(task=OuterRef("pk")).values("pk")[:1]
    wanted = Task.objects.filter(pk__in=[task.pk for task in tasks]).annotate(first=Subquery(own)).values("first")
    found = {row.task_id: row for row in rows.filter(pk__in=wanted)}
    for task in tasks:
        if row := found.get(task.pk):
            row.task = task
    return found


def _counts(rows: QuerySet[Any]) -> dict[Any, int]:
    return dict(rows.order_by().values_list("task").annotate(n=Count("pk")))


def label_url(kind: TaskKind | None, *, user: Any) -> str:
    """Where ML staff label samples of this kind (its optional `label_view`); empty for everybody else."""
    if not user.is_ml_staff:
        return ""
    try:
        return reverse(getattr(kind, "label_view", "") or "-")
    except NoReverseMatch:
        return ""


def _open_jobs(tasks: Sequence[Task]) -> dict[Any, Job]:
    """task id → what is being done for it now: a search before a training, a training before a build."""
    about = Q(study__task__in=tasks) | Q(run__task__in=tasks) | Q(dataset__task__in=tasks)
    found: dict[Any, Job] = {}
    for job in Job.objects.filter(about).exclude(status__in=ENDED).select_related("study", "run", "dataset"):
        row = next(made for name in MADE if (made := getattr(job, name, None)) is not None)
        before = found.get(row.task_id)
        if before is None or _place(job) < _place(before):
            found[row.task_id] = job
    return found


def _place(job: Job) -> int:
    return next((place for place, name in enumerate(MADE) if getattr(job, name, None) is not None), len(MADE))


def _follow_url(job: Job) -> str:
    """The page of what the job makes, where there is one."""
    for name in MADE:
        if (made := getattr(job, name, None)) is not None:
            return reverse(f"mlops:{name}", args=[made.pk])
    return reverse("mlops:job", args=[job.pk])


def _next(
    task: Task,
    kind: TaskKind | None,
    summary: SourceSummary | None,
    dataset: Dataset | None,
    latest: ModelVersion | None,
    champion: ModelVersion | None,
    job: Job | None,
    where: str,
) -> NextAction | None:
    page = reverse("mlops:task", args=[task.name])
    if job is not None:
        return NextAction(f"{job.title}: {job.sentence}", _("Follow"), _follow_url(job))
    if kind is None:
        return None
    if champion is not None and champion.retrain_due_at is not None:
        text = _("Someone's data was erased. Train a new version without it.")
        return NextAction(text, _("Build dataset"), f"{page}#build")
    if latest is not None and _deserves_a_look(latest, champion):
        url = reverse("mlops:version", args=[latest.pk])
        text = _("Version %(number)s is ready for your review.") % {"number": latest.number}
        return NextAction(text, _("Review version"), url)
    if summary is None or not summary.amounts:
        label = _("Label %(sources)s") % {"sources": task.example.sources}
        return NextAction(_("No labelled data yet."), label, where) if where else None
    if dataset is None:
        return NextAction(_("You have labelled data but no dataset yet."), _("Build dataset"), f"{page}#build")
    if not getattr(dataset, "is_used", False):
        url = reverse("mlops:train", args=[task.name])
        return NextAction(
            _("No model has been trained on the latest dataset."), _("Train model"), f"{url}?dataset={dataset.pk}"
        )
    if summary.amount > MORE_LABELS * dataset.facts.get("amount_at_build", float("inf")):
        return NextAction(_("There are new labels since the latest dataset."), _("Build dataset"), f"{page}#build")
    if summary.n_proposed and where:
        text = ngettext(
            "%(n)s proposed label to review.", "%(n)s proposed labels to review, including corrections.",
            summary.n_proposed,
        ) % {"n": summary.n_proposed}  # fmt: skip
        return NextAction(text, _("Review proposals"), f"{where}?show=proposed")
    text = _("Everything is up to date. More corrected labels make the model better.")
    return NextAction(text, _("Label more"), where) if where else None


def _deserves_a_look(latest: ModelVersion, champion: ModelVersion | None) -> bool:
    if latest.retrain_due_at is not None or not latest.gates_passed:
        return False
    return champion is None or latest.number > champion.number
