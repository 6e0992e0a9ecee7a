"""Runs side by side: what they were given, what they reached, whether the difference is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlops.metric import COSTS, Metric, is_number
from mlops.ml.metrics import paired_bootstrap
from mlops.models import JudgedSubject, ModelVersion, Run

MAX_RUNS = 6


@dataclass(frozen=True)
class Figure:
    """One number of one run: its text, how far it is from the first run's, whether it is the best."""

    text: str
    difference: str = ""
    best: bool = False


@dataclass(frozen=True)
class FigureRow:
    """One metric over all runs."""

    metric: Metric
    figures: list[Figure]


@dataclass(frozen=True)
class SettingRow:
    """One option over all runs."""

    name: str
    values: list[str]
    differs: bool


@dataclass(frozen=True)
class Paired:
    """The primary metric of a run minus that of the first, example by example on the same people; 95 % interval.

    reason  why there is none; empty when there is one
    """

    run: Run
    reason: str = ""
    difference: float = 0.0
    low: float = 0.0
    high: float = 0.0
    n_examples: int = 0
    n_subjects: int = 0

    @property
    def is_certain(self) -> bool:
        """True when the interval keeps clear of zero."""
        return not self.reason and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Comparison:
    """Everything the page and the API say; `same_data` False warns that figures were measured on different data."""

    runs: list[Run]
    metrics: list[FigureRow]
    costs: list[FigureRow]
    settings: list[SettingRow]
    pairs: list[Paired]
    same_data: bool


def runs_compare(runs: Sequence[Run]) -> Comparison:
    """Compare runs with the first of them. They need task, dataset, job and version selected."""
    versions = [version_of(run) for run in runs]
    declared = list({metric.name: metric for run in runs for metric in run.task.metrics}.values())
    return Comparison(
        runs=list(runs),
        metrics=[row for metric in declared if (row := _row(metric, runs))],
        costs=[row for metric in COSTS if (row := _row(metric, runs))],
        settings=_settings(runs),
        pairs=[
            _paired(runs[0], versions[0], run, version) for run, version in zip(runs[1:], versions[1:], strict=True)
        ],
        same_data=len({(run.dataset.content_hash, _part(run, v)) for run, v in zip(runs, versions, strict=True)}) == 1,
    )


def version_of(run: Run) -> ModelVersion | None:
    """The version a run made, or None."""
    return getattr(run, "version", None)


def _row(metric: Metric, runs: Sequence[Run]) -> FigureRow | None:
    values = [run.metrics.get(metric.name) for run in runs]
    known = [value for value in values if is_number(value)]
    if not known:
        return None
    best = max(known) if metric.higher_is_better else min(known)
    rank = len(known) > 1 and not metric.name.startswith("baseline_") and len(set(known)) > 1
    first = values[0]
    figures = []
    for position, value in enumerate(values):
        gap = ""
        if position and is_number(value) and is_number(first) and value != first:
            gap = metric.difference_text(value - first)
        figures.append(Figure(metric.text(value), gap, bool(rank and value == best)))
    return FigureRow(metric, figures)


def _settings(runs: Sequence[Run]) -> list[SettingRow]:
    names = list(dict.fromkeys(name for run in runs for name in run.config))
    rows: list[tuple[str, list[Any]]] = [
        ("estimator", [run.estimator for run in runs]),
        ("seed", [run.seed for run in runs]),
    ]
    rows += [(name, [run.config.get(name) for run in runs]) for name in names]
    return [
        SettingRow(name, [_word(value) for value in values], len({str(v) for v in values}) > 1) for name, values in rows
    ]


def _word(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _part(run: Run, version: ModelVersion | None) -> str:
    return str(version.metrics.get("measured_on", {}).get("part")) if version else f"val of {run.study_id}"


def _paired(first: Run, reference: ModelVersion | None, run: Run, version: ModelVersion | None) -> Paired:
    if reference is None or version is None:
        return Paired(run, "Both need a version that was judged on held-out people.")
    if first.dataset.content_hash != run.dataset.content_hash or _part(first, reference) != _part(run, version):
        return Paired(run, "They were not judged on the same part of the same dataset.")
    ours, theirs = _values(version), _values(reference)
    common = sorted(name for name in ours if name in theirs and len(ours[name]) == len(theirs[name]))
    if not common:
        return Paired(run, "Nothing is kept of single examples: the people were erased, or this kind keeps none.")
    groups = np.concatenate([np.full(len(ours[name]), name) for name in common])
    a, b = (np.concatenate([values[name] for name in common]) for values in (ours, theirs))
    if len(common) < 2:
        return Paired(run, "Only one person judged both: no interval.", float((a - b).mean()))
    difference, low, high = paired_bootstrap(a, b, groups)
    return Paired(run, "", difference, low, high, len(a), len(common))


def _values(version: ModelVersion) -> dict[str, np.ndarray[Any, Any]]:
    rows = JudgedSubject.objects.filter(version=version)
    return {row.subject: np.frombuffer(bytes(row.values), dtype="<f4") for row in rows}
