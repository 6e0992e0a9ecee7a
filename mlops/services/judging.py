"""Judging a trained model on examples it has not seen, whatever its kind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.job_kinds import JobContext, JobFailed
from mlops.metric import numbers_of
from mlops.ml.contract import NotEnoughData
from mlops.models import Dataset, JudgedSubject, ModelVersion, Run
from mlops.services.artifacts import dataset_path
from mlops.task_kinds import TaskKind


@dataclass(frozen=True)
class Judgement:
    """metrics with "measured_on"; the primary metric of every example (or None) with its subject; what was judged."""

    metrics: dict[str, Any]
    values: npt.NDArray[Any] | None
    groups: npt.NDArray[Any]
    data: Any
    answers: npt.NDArray[Any] | None = None
    """What was answered for each example of `data`."""


def part_load(kind: TaskKind, folder: Path, part: str) -> Any:
    """A part of a dataset, None when it has no examples."""
    try:
        data = kind.load(folder, part)
    except NotEnoughData:
        return None
    return data if len(data) else None


def judge_held_out(kind: TaskKind, estimator: Any, run: Run, train: Any, validation: Any) -> Judgement:
    """On the test part; on the validation part, said so, when nobody is left for a test."""
    part, data = "test", part_load(kind, dataset_path(run.dataset), "test")
    if data is None:
        part, data = "val", validation
    if data is None:
        raise JobFailed("nothing_to_judge_on", "The dataset keeps nobody aside, so the model cannot be judged.")
    return judge(kind, run.dataset, kind.answer(estimator, data), data, part, kind.baseline(train, data))


def judge_each(kind: TaskKind, found: type[Any], run: Run, context: JobContext) -> Judgement:
    """Leave one subject out, each in turn; metrics over all of them together, and the primary one for each."""
    folder, primary = dataset_path(run.dataset), kind.primary
    subjects = sorted(set(map(str, kind.load(folder, "train").groups)))
    answers, unseen, own, baselines = [], [], {}, []
    for number, subject in enumerate(subjects, 1):
        known, held_out = kind.fold(folder, subject)
        estimator = estimator_make(found, run.config, known)
        note = f"Judging person {number} of {len(subjects)}"
        estimator.fit(known, on_step=partial(context.step, note=note), seed=run.seed)
        answer = kind.answer(estimator, held_out)
        value = kind.evaluate(answer, held_out).get(primary.name)
        own[subject] = value
        baselines.append((len(held_out), kind.baseline(known, held_out)))
        context.log(f"Person {number}: {primary.title.lower()} {primary.text(value)} by a model of the others")
        answers.append(answer)
        unseen.append(held_out)
    base = {
        name: sum(n * figures[name] for n, figures in baselines) / sum(n for n, _ in baselines)
        for name in baselines[0][1]
    }
    data = examples_join(unseen)
    found_metrics = judge(kind, run.dataset, np.concatenate(answers), data, "each", base)
    found_metrics.metrics["per_subject"] = own
    return found_metrics


def judge(
    kind: TaskKind, dataset: Dataset, answers: npt.NDArray[Any], data: Any, part: str, baseline: dict[str, float]
) -> Judgement:
    """Metrics of answers, with what they were measured on and the figure of every single example."""
    metrics = {**kind.evaluate(answers, data), **baseline}
    subjects = sorted(set(map(str, data.groups)))
    word = kind.example_word
    metrics["measured_on"] = measured_on(dataset, part=part, subjects=subjects, n=len(data), word=word)
    values = kind.pair_values(answers, data)
    return Judgement(metrics, values, np.asarray(data.groups), data, answers)


def estimator_make(found: type[Any], config: dict[str, Any], data: Any) -> Any:
    """A fresh estimator for these settings and, where the data has them, these labels."""
    settings = found.Config(**config)
    return found(settings, labels=data.labels) if hasattr(data, "labels") else found(settings)


def examples_join(parts: Sequence[Any]) -> Any:
    """Several lots of examples as one: arrays are joined, everything else is that of the first."""
    first = parts[0]
    if not is_dataclass(first):
        raise TypeError("examples that are judged one person at a time are dataclasses")
    joined = {
        spec.name: np.concatenate([getattr(part, spec.name) for part in parts])
        for spec in fields(first)
        if isinstance(getattr(first, spec.name), np.ndarray)
    }
    return replace(first, **joined)  # type: ignore[type-var]


def inner_split(train: Any, seed: int, fraction: float = 0.2) -> tuple[Any, Any] | None:
    """(learn, validate) out of the training part by whole subjects; None for a single subject."""
    names = np.unique(np.asarray(train.groups))
    if len(names) < 2:
        return None
    mixed = names[np.random.default_rng(seed).permutation(len(names))]
    chosen = np.isin(train.groups, mixed[: max(1, round(len(names) * fraction))])
    return train.take(~chosen), train.take(chosen)


def judged_rows(version: ModelVersion, judgement: Judgement) -> Iterator[JudgedSubject]:
    """The figure of every example, one row a person, in the dataset's order."""
    if judgement.values is None:
        return
    for subject in sorted(set(map(str, judgement.groups))):
        values = np.asarray(judgement.values, dtype="<f4")[judgement.groups == subject]
        yield JudgedSubject(version=version, subject=subject, n=len(values), values=values.tobytes())


def without_names(metrics: dict[str, Any]) -> dict[str, Any]:
    """Figures as an artifact keeps them: it never changes and travels, so that no pseudonym may be in it."""
    kept = {name: value for name, value in metrics.items() if name != "per_subject"}
    if isinstance(kept.get("measured_on"), dict):
        kept["measured_on"] = {name: value for name, value in kept["measured_on"].items() if name != "subjects"}
    return kept


def measured_on(dataset: Dataset, *, part: str, subjects: list[str], n: int, word: str = "windows") -> dict[str, Any]:
    """What figures were measured on, for programs and, as "text", for people."""
    facts = dataset.facts
    leaky = bool(facts.get("split", {}).get("leaky"))
    generated = bool(facts.get("generated"))
    what = f"{n:,} {word} of {len(subjects)} {'person' if len(subjects) == 1 else 'people'}"
    if leaky:
        text = f"{what} who are also in the training data: the figures are too good."
    elif part == "each":
        text = f"{what}, each judged by a model of all others; this model then learned from everybody."
    elif part == "val":
        text = f"{what} kept out of training, who also chose when to stop: the figures are a little too good."
    else:
        text = f"{what} the model has never seen."
    if generated:
        text += " Some or all of this data was generated, not recorded."
    return {"part": part, "subjects": subjects, "n_windows": n, "leaky": leaky, "generated": generated, "text": text}


def primary_of(kind: TaskKind, metrics: dict[str, Any]) -> float | None:
    """The primary metric, None when it was not measured."""
    return numbers_of(metrics).get(kind.primary.name)
