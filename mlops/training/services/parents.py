"""Which version a training may go on from, and what is new since then."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from mlops.datasets.models import Dataset, DatasetStatus
from mlops.datasets.services.files import dataset_path
from mlops.kinds.estimators import estimator_infos
from mlops.kinds.shards import files_hash
from mlops.registry.models import ModelVersion
from mlops.tasks.models import Task
from web.refusals import Problem

TRAIN = "train"


@dataclass(frozen=True)
class News:
    """What a dataset teaches that another did not: groups that came, groups whose data changed, their examples."""

    groups: frozenset[str]
    n_new: int
    n_changed: int
    n_examples: int


def parent_config(parent: ModelVersion) -> dict[str, Any]:
    """The settings of the version's own training."""
    return dict(parent.run.config) if parent.run is not None else {}


def parent_why_not(parent: ModelVersion) -> str:
    """Why nothing can go on from a version, as a sentence; empty where it can."""
    info = estimator_infos().get(parent.estimator)
    if info is None or not info.continues:
        return _("This estimator can only be trained in full.")
    if parent.run is None:
        return _("Only a version that was trained here can be continued.")
    if parent.retired_at or parent.retrain_due_at or parent.run.dataset.status != DatasetStatus.READY:
        return _("Data that this version was trained on was withdrawn, so it can't be continued. Train in full.")
    if parent.run.dataset.facts.get("split", {}).get("how") in ("each", "random"):
        return _("This version has learned from everyone it was tested on, so it can't be continued. Train in full.")
    return ""


def parent_check(*, task: Task, dataset: Dataset, parent: ModelVersion) -> None:
    """Raise Problem 409 `cannot_continue` unless a training on `dataset` may go on from `parent`.

    Whom the parent learned from must be in the training part of the dataset: so nobody who is held out is known to it,
    and who is erased later is found by way of the dataset.
    """
    why = _("This version belongs to another task.") if parent.task_id != task.pk else parent_why_not(parent)
    if not why and dataset.facts.get("split", {}).get("how") in ("each", "random"):
        why = _("Continuing needs a dataset with held-out data that the version has not learned from.")
    if not why:
        known = set(parts_of(parent.run.dataset, TRAIN)) if parent.run is not None else set()
        now = parts_of(dataset)
        if any(now.get(group, TRAIN) != TRAIN for group in known):
            why = _("Some of the held-out data was in this version's training data. Train in full.")
        elif known - set(now):
            why = _("The dataset lacks data that this version was trained on. Train in full.")
    if why:
        raise Problem(409, "cannot_continue", why)


def news_of(*, dataset: Dataset, parent: ModelVersion) -> News:
    """What the training part of `dataset` has that the parent has not learned from, by the files of each group."""
    assert parent.run is not None
    known = parts_of(parent.run.dataset, TRAIN)
    then, now = (dataset_path(one) / "shards" for one in (parent.run.dataset, dataset))
    rows = dict(dataset.subjects.filter(part=TRAIN).values_list("subject", "n_examples"))
    came = {name for name in rows if name not in known}
    changed = {name for name in rows if name in known and _hash(then / name) != _hash(now / name)}
    groups = frozenset(came | changed)
    return News(groups, len(came), len(changed), sum(rows[name] for name in groups))


def parts_of(dataset: Dataset, part: str = "") -> dict[str, str]:
    """Group → part of a dataset."""
    rows = dataset.subjects.filter(part=part) if part else dataset.subjects.all()
    return dict(rows.values_list("subject", "part"))


def _hash(folder: Path) -> str:
    return files_hash(folder) if folder.is_dir() else ""
