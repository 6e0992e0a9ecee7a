"""Drift reports: what a served model met and said lately against what it learned from."""

import logging
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mlops.datasets.services.files import dataset_path
from mlops.jobs.models import Job
from mlops.jobs.services.jobs import job_create
from mlops.kinds.answers import Headline
from mlops.kinds.base import TaskKind
from mlops.kinds.batches import picked
from mlops.kinds.questions import Inputs
from mlops.ml.contract import BadArtifact, OnStep, ignore
from mlops.ml.drift import MIN_REFERENCE, Comparison, compare
from mlops.monitoring.models import AlertKind, DriftReport, DriftVerdict
from mlops.monitoring.services.alerts import alert_close, alert_open
from mlops.monitoring.services.answer_drift import answers_compare
from mlops.registry.models import ModelAlias, ModelVersion
from mlops.serving.models import Prediction
from mlops.serving.services.offline import answers_of
from mlops.serving.services.versions import ServedVersion, version_served
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_for, kind_or_none
from web.numbers import spelled
from web.said import Said

logger = logging.getLogger(__name__)

EVERY = timedelta(days=1)
MAX_GROUPS, MAX_EACH, MAX_SCORED = 400, 200, 40
N_SHOWN = 40


@dataclass
class Side:
    """Groups of examples, each by itself: raw statistics (n, columns), and headlines of answers."""

    statistics: list[npt.NDArray[Any]] = field(default_factory=list)
    answers: list[list[Headline]] = field(default_factory=list)

    @property
    def n_examples(self) -> int:
        return sum(map(len, self.answers))


def drift_start(*, task: Task, owner: Any = None) -> Job:
    """Measure now, in the background. One open job per task."""
    return job_create(
        kind="drift.measure",
        title=_("Measure drift of %(task)s") % {"task": task.title},
        owner=owner,
        parameters={"task": str(task.pk)},
        is_engine=True,
        dedupe_key=f"drift.measure:{task.pk}",
    )


def drift_daily() -> None:
    """A chore: every task with a champion that answered anything gets a report a day."""
    now = timezone.now()
    for alias in ModelAlias.objects.filter(name="champion").select_related("task"):
        kind = kind_or_none(alias.task)
        if kind is None or DriftReport.objects.filter(task=alias.task, created_at__gt=now - EVERY).exists():
            continue
        since = now - timedelta(days=kind.drift.period_days)
        if Prediction.objects.filter(task=alias.task, at__gt=since).exists():
            drift_start(task=alias.task)


def drift_measure(*, version: ModelVersion, on_step: OnStep = ignore) -> tuple[DriftReport, list[str]]:
    """An unsaved report on the last period of a version, and what it cannot say; `drift_store` keeps it."""
    now = timezone.now()
    kind, served = kind_for(version.task), version_served(version)
    since = now - timedelta(days=kind.drift.period_days)
    report = DriftReport(task=version.task, version=version, period_from=since, period_to=now)
    now_side = _served(kind, version, served, since)
    kept = Prediction.objects.learnable().filter(version=version, at__gte=since)
    kept_facts = {"n_kept": kept.count(), "n_kept_athletes": kept.values("athlete").distinct().count()}
    report.n_athletes, report.n_examples = len(now_side.answers), now_side.n_examples
    if report.n_athletes < kind.drift.min_athletes or report.n_examples < kind.drift.min_examples:
        report.verdict, report.facts = DriftVerdict.TOO_FEW, kept_facts
        return report, []
    on_step(1, 3)
    reference = _reference(kind, version, served)
    on_step(2, 3)
    raw, notes = _inputs_compared(kind, served, reference, now_side)
    said, labels, more = _answers_compared(kind, served, reference, now_side)
    notes += more
    if raw is None and said is None:
        report.verdict = DriftVerdict.NO_REFERENCE
        report.facts = {"notes": notes}
        return report, notes
    shifted = any(found is not None and found.has_shifted for found in (raw, said))
    report.verdict = DriftVerdict.DRIFT if shifted else DriftVerdict.CALM
    report.facts = {
        "features": [asdict(shift) for shift in raw.shifts[:N_SHOWN]] if raw else [],
        "n_features": len(raw.shifts) if raw else 0,
        "answers": [asdict(shift) for shift in said.shifts] if said else [],
        "labels": labels,
        "n_reference": max(found.n_reference for found in (raw, said) if found),
        "notes": notes,
    }
    return report, notes


def drift_store(*, report: DriftReport, job: Job | None = None) -> DriftReport:
    """Keep a report; open or close the alert it is about. Call inside the job's commit."""
    report.job = job
    with transaction.atomic():
        report.save(force_insert=True)
        if report.verdict == DriftVerdict.DRIFT:
            say = partial(_shift_said, report)
            alert_open(task=report.task, kind=AlertKind.DRIFT, version=report.version, say=say)
        elif report.verdict == DriftVerdict.CALM:
            alert_close(task=report.task, kind=AlertKind.DRIFT)
    return report


def drift_sentence(report: DriftReport) -> str:
    """The finding in words."""
    match report.verdict:
        case DriftVerdict.TOO_FEW:
            rules, days = _rules(report), (report.period_to - report.period_from).days
            n = report.facts.get("n_kept", report.n_examples)
            n_people = report.facts.get("n_kept_athletes", report.n_athletes)
            values = {
                "n": spelled(n, ","), "people": n_people, "number": report.version.number, "days": days,
                "least": spelled(rules.min_examples, ","), "least_people": rules.min_athletes,
                "used": spelled(report.n_examples, ","), "used_people": report.n_athletes, "each": rules.min_each,
            }  # fmt: skip
            text = _(
                "Not enough data yet. A report needs %(least)s predictions for %(least_people)s athletes; "
                "in %(days)s days, version %(number)s has %(n)s for %(people)s."
            )
            if n != report.n_examples:
                used = _("Only %(used)s of them count, for %(used_people)s athletes with at least %(each)s each.")
                text = f"{text} {used}"
            return text % values
        case DriftVerdict.NO_REFERENCE:
            return _("There is no reference data for this version.")
        case DriftVerdict.CALM:
            return _("The inputs and predictions of %(n)s athletes look like the training data.") % {
                "n": report.n_athletes
            }
    return str(_shift_said(report))


def _shift_said(report: DriftReport) -> Said:
    named = [one["name"] for one in (*report.facts["answers"], *report.facts["features"]) if one["shifted"]]
    which: str | Said = ", ".join(named[:3])
    if len(named) > 3:
        which = Said(gettext_noop("%(which)s and %(n)s more"), {"which": which, "n": len(named) - 3})
    text = gettext_noop("Version %(number)s sees data that differs from its training data: %(which)s.")
    return Said(text, {"number": report.version.number, "which": which})


def _rules(report: DriftReport) -> Any:
    return (kind_or_none(report.task) or TaskKind).drift


def _inputs_compared(
    kind: TaskKind, served: ServedVersion, reference: Side, now: Side
) -> tuple[Comparison | None, list[str]]:
    names, n = kind.statistic_names(served.manifest), len(reference.statistics)
    if not names:
        return None, ["Inputs are not compared: this kind of task defines no statistics."]
    if n < MIN_REFERENCE:
        return None, [
            "Inputs are not compared: the training data of this version only covers "
            f"{kind.example.count_groups(n)}; {MIN_REFERENCE} are needed."
        ]
    return compare(reference.statistics, now.statistics, names, min_each=kind.drift.min_each), []


def _answers_compared(
    kind: TaskKind, served: ServedVersion, reference: Side, now: Side
) -> tuple[Comparison | None, list[str], list[str]]:
    """What shifted, the names of the label bins, and what cannot be said."""
    n = len(reference.answers)
    if n < MIN_REFERENCE:
        note = (
            f"Predictions are not compared: held-out data only covers {kind.example.count_groups(n)}; "
            f"{MIN_REFERENCE} are needed."
        )
        return None, [], [note]
    labels = served.manifest.get("labels", [])
    found, bins = answers_compare(reference.answers, now.answers, labels=labels, min_each=kind.drift.min_each)
    if found is None:
        return None, [], ["Predictions are not compared: they contain neither labels nor numbers."]
    return found, bins, []


def _served(kind: TaskKind, version: ModelVersion, served: ServedVersion, since: Any) -> Side:
    """What was kept of each athlete with enough of it."""
    n_columns = len(kind.statistic_names(served.manifest))
    rows = Prediction.objects.learnable().filter(version=version, at__gte=since, is_sampled=True).order_by("-at")
    statistics: dict[int, list[Any]] = defaultdict(list)
    answers: dict[int, list[Headline]] = defaultdict(list)
    fields = ("athlete_id", "statistics", "label", "number", "low", "high", "confidence", "reason")
    for athlete, values, *said in rows.values_list(*fields)[: MAX_GROUPS * MAX_EACH].iterator(chunk_size=2000):
        if len(values) == n_columns and len(answers[athlete]) < MAX_EACH:
            statistics[athlete].append(values)
            answers[athlete].append(Headline(*said))
    enough = [who for who, found in answers.items() if len(found) >= kind.drift.min_each][:MAX_GROUPS]
    return Side([np.asarray(statistics[who], np.float64) for who in enough], [answers[who] for who in enough])


def _reference(kind: TaskKind, version: ModelVersion, served: ServedVersion) -> Side:
    """Statistics of every group of the training data; answers about those the version did not learn from."""
    rng = np.random.default_rng(0)
    if version.run is not None:
        source = kind.reference(dataset_path(version.run.dataset))
    else:
        source = kind.reference_shipped(served.manifest)
    found = Side()
    try:
        for _, part, values in source:
            n = len(values)
            if n < kind.drift.min_each or len(found.statistics) >= MAX_GROUPS:
                continue
            some = values if n <= MAX_EACH else picked(values, np.sort(rng.permutation(n)[:MAX_EACH]))
            found.statistics.append(kind.statistics(some, served.manifest))
            if part != "train":
                spread = np.linspace(0, len(some) - 1, min(len(some), MAX_SCORED)).round().astype(int)
                found.answers.append([one.headline for one in answers_of(served, Inputs(picked(some, spread)))])
    except (BadArtifact, OSError) as error:
        logger.warning("the reference of %s cannot be read: %s", version, error)
    return found
