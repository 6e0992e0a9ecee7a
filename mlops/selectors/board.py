"""Where every task stands in the loop, and the one thing to do next."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from mlops.models import Dataset, Job, JobStatus, ModelVersion, Task
from mlops.models.dataset import DatasetStatus
from mlops.selectors.engine import champions_of, task_list
from mlops.task_kinds import SourceSummary, TaskKind, task_kind

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
        title = self.task.metric.title
        return title if title[:2].isupper() or title[1:2].isdigit() else title[:1].lower() + title[1:]

    @property
    def n_proposed(self) -> int:
        """Labels that wait for a yes or no."""
        return self.summary.n_proposed if self.summary else 0

    @property
    def labelled_min(self) -> float:
        """Labelled minutes that may be learned from."""
        return sum(self.summary.labelled_s.values()) / 60 if self.summary else 0.0

    @property
    def minutes(self) -> list[tuple[str, str]]:
        """Label and labelled minutes, the most labelled first."""
        found = sorted(self.summary.labelled_s.items(), key=lambda item: -item[1]) if self.summary else []
        return [(label, f"{seconds / 60:.1f}") for label, seconds in found]


def board(user: Any) -> list[TaskState]:
    """The state of every task that `user` may see."""
    tasks = list(task_list(user))
    champions = champions_of(Task.objects.filter(pk__in=[task.pk for task in tasks]))
    return [task_state(task, champions.get(task.pk), user=user) for task in tasks]


def task_state(task: Task, champion: ModelVersion | None, *, user: Any) -> TaskState:
    """Gather what the board says to `user` about one task."""
    kind = kind_or_none(task)
    summary = kind.summary(task) if kind else None
    dataset = Dataset.objects.filter(task=task, status=DatasetStatus.READY).first()
    latest = ModelVersion.objects.filter(task=task, retired_at__isnull=True).order_by("-number").first()
    job = _open_job(task)
    where = label_url(kind, user=user)
    action = _next(task, kind, summary, dataset, latest, champion, job, where)
    return TaskState(
        task=task,
        kind_title=kind.title if kind else task.kind,
        summary=summary,
        n_datasets=Dataset.objects.filter(task=task, status=DatasetStatus.READY).count(),
        n_versions=ModelVersion.objects.filter(task=task).count(),
        champion=champion,
        latest=latest,
        open_job=job,
        next_action=action,
        label_url=where,
    )


def kind_or_none(task: Task) -> TaskKind | None:
    try:
        return task_kind(task.kind)
    except KeyError:
        return None


def label_url(kind: TaskKind | None, *, user: Any) -> str:
    """Where ML staff label samples of this kind (its optional `label_view`); empty for everybody else."""
    if not user.is_ml_staff:
        return ""
    try:
        return reverse(getattr(kind, "label_view", "") or "-")
    except NoReverseMatch:
        return ""


def _open_job(task: Task) -> Job | None:
    unfinished = Job.objects.exclude(
        status__in=[JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.ERRORED, JobStatus.CANCELLED]
    )
    return (
        unfinished.filter(study__task=task).first()
        or unfinished.filter(run__task=task).first()
        or unfinished.filter(dataset__task=task).first()
    )


def _follow_url(job: Job) -> str:
    """The page of what the job makes, where there is one."""
    for name in ("study", "run", "dataset"):
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
        return NextAction(f"{job.title}: {job.sentence}", "Follow", _follow_url(job))
    if kind is None:
        return None
    if champion is not None and champion.retrain_due_at is not None:
        return NextAction("Somebody's data was erased. Train without it.", "Build a dataset", f"{page}#build")
    if latest is not None and _deserves_a_look(latest, champion):
        url = reverse("mlops:version", args=[latest.pk])
        return NextAction(f"Version {latest.number} is waiting for your judgement.", "Judge it", url)
    if summary is None or not summary.labelled_s:
        return NextAction("Nothing is labelled yet.", "Label recordings", where) if where else None
    if dataset is None:
        return NextAction("There is labelled data, and no dataset yet.", "Build a dataset", f"{page}#build")
    if not dataset.runs.exists():
        url = reverse("mlops:train", args=[task.name])
        return NextAction(
            "The newest dataset has not been learned from.", "Train a model", f"{url}?dataset={dataset.pk}"
        )
    if sum(summary.labelled_s.values()) > MORE_LABELS * dataset.facts.get("labelled_s_at_build", float("inf")):
        return NextAction("There are new labels since the last dataset.", "Build a dataset", f"{page}#build")
    if summary.n_proposed and where:
        words = "label waits" if summary.n_proposed == 1 else "labels wait"
        text = f"{summary.n_proposed} proposed {words} for a yes or no, corrections from live sessions among them."
        return NextAction(text, "Review proposals", f"{where}?show=proposed")
    return NextAction("Up to date. More corrected labels make it better.", "Label more", where) if where else None


def _deserves_a_look(latest: ModelVersion, champion: ModelVersion | None) -> bool:
    if latest.retrain_due_at is not None or not latest.gates_passed:
        return False
    return champion is None or latest.number > champion.number
