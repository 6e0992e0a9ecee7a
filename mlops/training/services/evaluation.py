"""Judging a trained model on examples it has not seen, whatever its kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.languages import SITE
from mlops.datasets.models import Dataset
from mlops.datasets.services.files import dataset_path
from mlops.jobs.kinds import JobContext, JobFailed
from mlops.kinds.base import TaskKind
from mlops.kinds.batches import joined
from mlops.kinds.examples import ExampleSpec
from mlops.kinds.metric import numbers_of
from mlops.ml.bases.items import Items, JoinedItems, as_items
from mlops.ml.contract import NotEnoughData
from mlops.registry.models import EvaluatedSubject, ModelVersion
from mlops.training.models.run import Run
from mlops.training.services.spread import intervals_of


@dataclass(frozen=True)
class Evaluation:
    """metrics with "measured_on"; the primary metric of every example (or None) with its subject; what was judged."""

    metrics: dict[str, Any]
    values: npt.NDArray[Any] | None
    groups: npt.NDArray[Any]
    data: Any
    outputs: Any = None
    """What the model put out for each example of `data`."""


def part_load(kind: TaskKind, folder: Path, part: str) -> Any:
    """A part of a dataset, None when it has no examples."""
    try:
        data = kind.load(folder, part)
    except NotEnoughData:
        return None
    return data if len(data) else None


def evaluate_held_out(
    kind: TaskKind, estimator: Any, run: Run, train: Any, validation: Any, folder: Path | None = None
) -> Evaluation:
    """On the test part; on the validation part, said so, when nobody is left for a test. `folder`: the dataset as the
    model sees it, where that is not its own."""
    part, data = "test", part_load(kind, folder or dataset_path(run.dataset), "test")
    if data is None:
        part, data = "val", validation
    if data is None:
        raise JobFailed("nothing_to_judge_on", _(
            "The dataset has no held-out data, so the model can't be evaluated."
        ))
    return evaluation_of(kind, run.dataset, kind.outputs(estimator, data), data, part, kind.baseline(train, data))


def evaluate_each(
    kind: TaskKind, found: type[Any], run: Run, context: JobContext, on_epoch_of_fold: Callable[[], Any]
) -> Evaluation:
    """Leave one subject out, each in turn; metrics over all of them together, and the primary one for each.

    on_epoch_of_fold  makes what takes the curve of one fold, so that it can be watched
    """
    folder, primary = dataset_path(run.dataset), kind.primary
    subjects = groups_listed(run.dataset, kind.load(folder, "train"))
    answers, unseen, own, baselines = [], [], {}, []
    for number, subject in enumerate(subjects, 1):
        known, held_out = kind.fold(folder, subject)
        estimator = estimator_make(found, run.config, known)
        note = _("Evaluating %(group)s %(number)s of %(n)s") % {
            "group": run.task.example.group, "number": number, "n": len(subjects)
        }
        estimator.fit(
            known,
            on_step=partial(_step_of_fold, context, note, number - 1, len(subjects)),
            on_epoch=on_epoch_of_fold(),
            seed=run.seed,
        )
        answer = kind.outputs(estimator, held_out)
        value = kind.evaluate(answer, held_out).get(primary.name)
        own[subject] = value
        baselines.append((len(held_out), kind.baseline(known, held_out)))
        who = f"{kind.example.group.capitalize()} {number}"
        context.log(f"{who}: {primary.title.lower()} {primary.text(value)}, trained on the others")
        answers.append(answer)
        unseen.append(held_out)
    base = {
        name: sum(n * figures[name] for n, figures in baselines) / sum(n for n, _ in baselines)
        for name in baselines[0][1]
    }
    data = examples_join(unseen)
    found_metrics = evaluation_of(kind, run.dataset, joined(answers), data, "each", base)
    found_metrics.metrics["per_subject"] = own
    return found_metrics


def _step_of_fold(context: JobContext, note: str, n_before: int, n_folds: int, done: int, total: int) -> None:
    """The progress over all folds, as if each took as long as this one."""
    context.step(n_before * total + done, n_folds * total, note)


def evaluation_of(
    kind: TaskKind, dataset: Dataset, outputs: Any, data: Any, part: str, baseline: dict[str, float]
) -> Evaluation:
    """Metrics of answers, with what they were measured on and the figure of every single example."""
    metrics = {**kind.evaluate(outputs, data), **baseline, **intervals_of(kind, outputs, data, dataset.task.gates)}
    subjects = sorted(set(map(str, data.groups)))
    metrics["measured_on"] = measured_on(dataset, kind.example, part=part, subjects=subjects, n=len(data))
    values = kind.pair_values(outputs, data)
    return Evaluation(metrics, values, np.asarray(data.groups), data, outputs)


def estimator_make(found: type[Any], config: dict[str, Any], data: Any) -> Any:
    """A fresh estimator for these settings and, where the data has them, these labels."""
    settings = found.Config(**config)
    labels = getattr(data, "labels", ())
    return found(settings, labels=labels) if labels and not isinstance(labels, Mapping) else found(settings)


def examples_join(parts: Sequence[Any]) -> Any:
    """Several lots of examples as one: what has one entry an example is joined, the rest is that of the first. Tuples
    are joined where `take` of no example leaves nothing in them: names of labels and columns stay."""
    first = parts[0]
    if hasattr(first, "join"):
        return first.join(parts)
    if not is_dataclass(first):
        raise TypeError("examples that are evaluated one group at a time are dataclasses, or have `join`")
    own = {spec.name: _joined([getattr(part, spec.name) for part in parts]) for spec in fields(first)}
    if tuples := [name for name, value in own.items() if isinstance(value, tuple)]:
        nothing = parts[0].take(np.arange(0))
        each = [name for name in tuples if not getattr(nothing, name)]
        own |= {name: tuple(one for part in parts for one in getattr(part, name)) for name in each}
    return replace(first, **own)  # type: ignore[type-var]


def _joined(values: Sequence[Any]) -> Any:
    first = values[0]
    if isinstance(first, np.ndarray | list):
        return joined(values)
    if isinstance(first, Items):
        return JoinedItems([as_items(one) for one in values])
    if isinstance(first, Mapping) and all(isinstance(one, np.ndarray | list) for one in first.values()):
        return {name: joined([one[name] for one in values]) for name in first}
    return first


def groups_listed(dataset: Dataset, data: Any) -> list[str]:
    """The groups of some examples that the dataset lists, sorted; others only teach."""
    return sorted(set(map(str, data.groups)) & set(dataset.subjects.values_list("subject", flat=True)))


def inner_split(train: Any, subjects: Sequence[str], seed: int, fraction: float = 0.2) -> tuple[Any, Any] | None:
    """(learn, validate) out of the training part by whole `subjects`; None for a single subject."""
    names = np.unique(np.asarray(subjects))
    if len(names) < 2:
        return None
    mixed = names[np.random.default_rng(seed).permutation(len(names))]
    chosen = np.isin(train.groups, mixed[: max(1, round(len(names) * fraction))])
    return train.take(~chosen), train.take(chosen)


def evaluated_rows(version: ModelVersion, judgement: Evaluation) -> Iterator[EvaluatedSubject]:
    """The figure of every example, one row a person, in the dataset's order."""
    if judgement.values is None:
        return
    for subject in sorted(set(map(str, judgement.groups))):
        values = np.asarray(judgement.values, dtype="<f4")[judgement.groups == subject]
        yield EvaluatedSubject(version=version, subject=subject, n=len(values), values=values.tobytes())


def without_names(metrics: dict[str, Any]) -> dict[str, Any]:
    """Figures as an artifact keeps them: it never changes and travels, so that no pseudonym may be in it."""
    told_here = ("per_subject", "draws", "against", "continued")
    kept = {name: value for name, value in metrics.items() if name not in told_here}
    if isinstance(kept.get("measured_on"), dict):
        kept["measured_on"] = {name: value for name, value in kept["measured_on"].items() if name != "subjects"}
    return kept


@translation.override(SITE)
def measured_on(dataset: Dataset, example: ExampleSpec, *, part: str, subjects: list[str], n: int) -> dict[str, Any]:
    """What figures were measured on, for programs and, as "text", for people: it goes with the model, in English."""
    facts = dataset.facts
    leaky = bool(facts.get("split", {}).get("leaky"))
    generated = bool(facts.get("generated"))
    what = f"{example.count(n)} of {example.count_groups(len(subjects))}"
    if leaky:
        text = f"{what} that are also in the training data, so the scores are too optimistic."
    elif part == "each":
        text = (
            f"{what}, each evaluated by a model trained on the others. The final model was then trained on all of "
            "them."
        )
    elif part == "val":
        text = f"{what} not used for training, but for early stopping, so the scores are slightly too optimistic."
    else:
        text = f"{what} the model has never seen."
    if generated:
        text += " Some or all of this data is generated, not recorded."
    return {
        "part": part, "subjects": subjects, "n_groups": len(subjects), "n_examples": n, "leaky": leaky,
        "generated": generated, "dataset": dataset.content_hash, "text": text,
    }  # fmt: skip


def primary_of(kind: TaskKind, metrics: dict[str, Any]) -> float | None:
    """The primary metric, None when it was not measured."""
    return numbers_of(metrics).get(kind.primary.name)
