"""Runs side by side: what they were given, what they reached, whether the difference is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from mlops.kinds.metric import COSTS, Metric, is_number
from mlops.registry.models import ModelVersion
from mlops.registry.pairing import Pair, paired
from mlops.training.models.run import Run
from web.numbers import spelled

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
    """The primary metric of a run minus that of the first, on the same examples of the same people."""

    run: Run
    pair: Pair

    @property
    def is_certain(self) -> bool:
        """True when the interval keeps clear of zero."""
        low, high = self.pair.low, self.pair.high
        return low is not None and high is not None and (low > 0 or high < 0)


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
    same_data = len({_judged_on(run, version) for run, version in zip(runs, versions, strict=True)}) == 1
    declared = list({metric.name: metric for run in runs for metric in run.task.metrics}.values())
    return Comparison(
        runs=list(runs),
        metrics=[row for metric in declared if (row := _row(metric, runs, is_ranked=same_data))],
        costs=[row for metric in COSTS if (row := _row(metric, runs))],
        settings=_settings(runs),
        pairs=[_paired(versions[0], run, version) for run, version in zip(runs[1:], versions[1:], strict=True)],
        same_data=same_data,
    )


def version_of(run: Run) -> ModelVersion | None:
    """The version a run made, or None."""
    return getattr(run, "version", None)


def judged_words(run: Run, version: ModelVersion | None) -> str:
    """What the figures of a run were measured on: "test, 34 windows of 2 people"; of a trial, the validation."""
    example = run.task.example
    if version is None:
        return "validation" if run.score is not None else "–"
    measured = version.metrics.get("measured_on", {})
    part = {"val": "validation", "each": f"each {example.group} left out"}.get(measured.get("part"), "test")
    n_groups = measured.get("n_groups") or len(measured.get("subjects", ()))
    of = f" of {example.count_groups(n_groups)}" if n_groups else ""
    return f"{part}, {example.count(measured.get('n_examples', 0))}{of}"


def _judged_on(run: Run, version: ModelVersion | None) -> tuple[str, str]:
    return run.dataset.content_hash, _part(run, version)


def _row(metric: Metric, runs: Sequence[Run], *, is_ranked: bool = True) -> FigureRow | None:
    """Figures of different data are neither ranked nor subtracted."""
    values = [run.metrics.get(metric.name) for run in runs]
    known = [value for value in values if is_number(value)]
    if not known:
        return None
    best = max(known) if metric.higher_is_better else min(known)
    rank = is_ranked and len(known) > 1 and not metric.name.startswith("baseline_") and len(set(known)) > 1
    first = values[0]
    figures = []
    for position, value in enumerate(values):
        gap = ""
        if is_ranked and position and is_number(value) and is_number(first) and value != first:
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
    return spelled(value, ".6g") if isinstance(value, float) else str(value)


def _part(run: Run, version: ModelVersion | None) -> str:
    return str(version.metrics.get("measured_on", {}).get("part")) if version else f"val of {run.study_id}"


def _paired(reference: ModelVersion | None, run: Run, version: ModelVersion | None) -> Paired:
    if reference is None or version is None:
        return Paired(run, Pair(_("Both runs need a version that was evaluated on held-out data.")))
    return Paired(run, paired(version, reference))
