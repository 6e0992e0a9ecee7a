"""Two versions that were judged on the same examples, held against each other by what was kept of their judgement."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from mlops.ml.metrics import paired_bootstrap
from mlops.registry.models import EvaluatedSubject, ModelVersion

MIN_GROUPS = 2


@dataclass(frozen=True)
class Pair:
    """The primary metric of a version minus that of another on the same examples; 95 % interval.

    reason       why there is none; empty where there is one
    difference   None where nothing could be paired; low and high None without an interval
    by_draws     the interval comes from draws of whole groups, each judged anew
    """

    reason: str = ""
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    n_examples: int = 0
    n_groups: int = 0
    by_draws: bool = False


def paired(version: ModelVersion, reference: ModelVersion) -> Pair:
    """Example by example where a kind has values of single ones, else draw by draw."""
    if judged_on(version) is None or judged_on(version) != judged_on(reference):
        return Pair(_("Not evaluated on the same part of the same dataset."))
    ours, theirs = _values(version), _values(reference)
    common = sorted(name for name in ours if name in theirs and len(ours[name]) == len(theirs[name]))
    if not common:
        return _by_draws(version, reference)
    groups = np.concatenate([np.full(len(ours[name]), name) for name in common])
    a, b = (np.concatenate([values[name] for name in common]) for values in (ours, theirs))
    if len(common) < MIN_GROUPS:
        reason = _(
            "Only one %(group)s in both test sets, so there is no interval."
        ) % {"group": version.task.example.group}
        return Pair(reason, float((a - b).mean()), n_examples=len(a), n_groups=1)
    return Pair("", *paired_bootstrap(a, b, groups), len(a), len(common))


def judged_on(version: ModelVersion) -> tuple[str, str] | None:
    """(content hash of the dataset, part) that judged a version; None where that is not known."""
    measured = version.metrics.get("measured_on", {})
    known = measured.get("dataset") or (version.dataset_hash if version.run_id is not None else "")
    return (str(known), str(measured.get("part"))) if known else None


def _by_draws(version: ModelVersion, reference: ModelVersion) -> Pair:
    """Both drew the same groups: the difference of each draw is one of the difference."""
    ours, theirs = version.metrics.get("draws"), reference.metrics.get("draws")
    if not ours or not theirs or len(ours) != len(theirs) or None in (version.score, reference.score):
        return Pair(_("There are no results per example: their data was erased, or this kind saves none."))
    gaps = [a - b for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None]
    if 2 * len(gaps) < len(ours):
        return Pair(_("Too few %(groups)s for an interval.") % {"groups": version.task.example.groups})
    assert version.score is not None
    assert reference.score is not None
    low, high = np.quantile(gaps, [0.025, 0.975])
    measured = version.metrics.get("measured_on", {})
    n_groups = len(measured.get("subjects", ()))
    difference = version.score - reference.score
    return Pair("", difference, float(low), float(high), measured.get("n_examples", 0), n_groups, True)


def _values(version: ModelVersion) -> dict[str, "np.ndarray[Any, Any]"]:
    rows = EvaluatedSubject.objects.filter(version=version)
    return {row.subject: np.frombuffer(bytes(row.values), dtype="<f4") for row in rows}
