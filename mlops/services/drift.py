"""Drift reports: what served models were asked lately against what they learned from."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils import timezone

from mlops.ml.contract import BadArtifact, OnStep, ignore
from mlops.ml.drift import (
    LEAST_ATHLETES,
    LEAST_PER_PERSON,
    LEAST_REFERENCE,
    LEAST_WINDOWS,
    Comparison,
    answer_columns,
    compare,
    compare_answers,
    statistic_names,
    window_statistics,
)
from mlops.models import AlertKind, DriftReport, DriftVerdict, Job, ModelAlias, ModelVersion, Prediction, Task
from mlops.services.alerts import alert_close, alert_open
from mlops.services.artifacts import dataset_path
from mlops.services.datasets import kind_for
from mlops.services.jobs import job_create
from mlops.services.serving import ServedVersion, scorer_of, version_served
from mlops.task_kinds import TaskKind
from mlops.window_kind import channel_names

logger = logging.getLogger(__name__)

PERIOD = timedelta(days=7)
EVERY = timedelta(days=1)
MAX_PEOPLE, MAX_EACH, MAX_SCORED = 400, 200, 40
N_SHOWN = 40
People = list[npt.NDArray[Any]]


def drift_start(*, task: Task, owner: Any = None) -> Job:
    """Measure now, in the background. One open job per task."""
    return job_create(
        kind="drift.measure",
        title=f"Compare what {task.title} is asked with what it learned",
        owner=owner,
        parameters={"task": str(task.pk)},
        is_engine=True,
        dedupe_key=f"drift.measure:{task.pk}",
    )


def drift_daily() -> None:
    """A chore: every task with a champion that was asked anything gets a report a day."""
    now = timezone.now()
    for alias in ModelAlias.objects.filter(name="champion").select_related("task"):
        fresh = DriftReport.objects.filter(task=alias.task, created_at__gt=now - EVERY).exists()
        if not fresh and Prediction.objects.filter(task=alias.task, at__gt=now - PERIOD).exists():
            drift_start(task=alias.task)


def drift_measure(*, version: ModelVersion, on_step: OnStep = ignore) -> tuple[DriftReport, list[str]]:
    """An unsaved report on the last period of a version, and what it cannot say; `drift_store` keeps it."""
    now = timezone.now()
    kind, served = kind_for(version.task), version_served(version)
    report = DriftReport(task=version.task, version=version, period_from=now - PERIOD, period_to=now)
    asked, answers = _asked(version, served, now - PERIOD)
    report.n_athletes, report.n_windows = len(asked), sum(map(len, asked))
    if report.n_athletes < LEAST_ATHLETES or report.n_windows < LEAST_WINDOWS:
        report.verdict = DriftVerdict.TOO_FEW
        return report, []
    on_step(1, 3)
    known, held_out = _reference(kind, version, served)
    if len(known) < LEAST_REFERENCE:
        report.verdict = DriftVerdict.NO_REFERENCE
        return report, [f"The training data of this version is there for {len(known)} people only."]
    on_step(2, 3)
    notes = []
    raw = compare(known, asked, statistic_names(channel_names(served.manifest)))
    said = Comparison()
    if len(held_out) >= LEAST_REFERENCE:
        said = compare_answers(held_out, answers, len(served.manifest["labels"]))
    else:
        notes.append(
            f"Confidence is not compared: only {len(held_out)} people were kept out of training, "
            f"{LEAST_REFERENCE} are needed."
        )
    report.verdict = DriftVerdict.DRIFT if raw.has_shifted or said.has_shifted else DriftVerdict.CALM
    report.facts = {
        "features": [asdict(shift) for shift in raw.shifts[:N_SHOWN]],
        "n_features": len(raw.shifts),
        "answers": [asdict(shift) for shift in said.shifts],
        "labels": list(served.manifest["labels"]),
        "n_reference": raw.n_reference,
        "notes": notes,
    }
    return report, notes


def drift_store(*, report: DriftReport, job: Job | None = None) -> DriftReport:
    """Keep a report; open or close the alert it is about. Call inside the job's commit."""
    report.job = job
    with transaction.atomic():
        report.save(force_insert=True)
        if report.verdict == DriftVerdict.DRIFT:
            alert_open(task=report.task, kind=AlertKind.DRIFT, version=report.version, text=drift_sentence(report))
        elif report.verdict == DriftVerdict.CALM:
            alert_close(task=report.task, kind=AlertKind.DRIFT)
    return report


def drift_sentence(report: DriftReport) -> str:
    """The finding in words."""
    match report.verdict:
        case DriftVerdict.TOO_FEW:
            return (
                f"{report.n_windows:,} answers about {report.n_athletes} people were kept in a week; "
                f"{LEAST_WINDOWS:,} about {LEAST_ATHLETES} are needed to tell people apart from a shift."
            )
        case DriftVerdict.NO_REFERENCE:
            return "The data this version learned from is not there any more, so there is nothing to compare with."
        case DriftVerdict.CALM:
            return f"What {report.n_athletes} people asked looks like what the version learned from."
    named = [one["name"] for one in (*report.facts["answers"], *report.facts["features"]) if one["shifted"]]
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return f"Version {report.version.number} is asked other things than it learned: {', '.join(named[:3])}{more}."


def _asked(version: ModelVersion, served: ServedVersion, since: Any) -> tuple[People, People]:
    """(raw statistics, answers) of each athlete, both (windows, columns), those with enough of them."""
    labels = {label: number for number, label in enumerate(served.manifest.get("labels", []))}
    n_columns = len(statistic_names(channel_names(served.manifest)))
    rows = Prediction.objects.learnable().filter(version=version, at__gte=since, is_sampled=True)
    statistics: dict[int, list[Any]] = defaultdict(list)
    answers: dict[int, list[Any]] = defaultdict(list)
    wanted = rows.order_by("-at").values_list("athlete_id", "statistics", "confidence", "label")
    for athlete, values, confidence, label in wanted[: MAX_PEOPLE * MAX_EACH].iterator(chunk_size=2000):
        if len(values) == n_columns and label in labels and len(statistics[athlete]) < MAX_EACH:
            statistics[athlete].append(values)
            answers[athlete].append((confidence, labels[label]))
    enough = [athlete for athlete, found in statistics.items() if len(found) >= LEAST_PER_PERSON][:MAX_PEOPLE]
    return [np.asarray(statistics[athlete]) for athlete in enough], [np.asarray(answers[athlete]) for athlete in enough]


def _reference(kind: TaskKind, version: ModelVersion, served: ServedVersion) -> tuple[People, People]:
    """(raw statistics of everybody, answers about those the version did not learn from), person by person."""
    rate_hz = float(served.manifest["window_spec"]["rate_hz"])
    rng = np.random.default_rng(0)
    if version.run is not None:
        source = kind.raw_inputs(dataset_path(version.run.dataset))
    else:
        source = kind.raw_reference(served.manifest)
    known: People = []
    held_out: People = []
    try:
        for _, part, windows in source:
            if len(windows) < LEAST_PER_PERSON or len(known) >= MAX_PEOPLE:
                continue
            some = windows if len(windows) <= MAX_EACH else windows[np.sort(rng.permutation(len(windows))[:MAX_EACH])]
            known.append(window_statistics(some, rate_hz))
            if part != "train":
                held_out.append(answer_columns(_answers(served, _spread(some))))
    except (BadArtifact, OSError) as error:
        logger.warning("the reference of %s cannot be read: %s", version, error)
    return known, held_out


def _answers(served: ServedVersion, windows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    scorer = scorer_of(served)
    return np.asarray(getattr(scorer, "answer_raw", scorer.answer)(windows))


def _spread(windows: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    """At most 40 windows, evenly over all."""
    return np.asarray(windows)[np.linspace(0, len(windows) - 1, min(len(windows), MAX_SCORED)).round().astype(int)]
