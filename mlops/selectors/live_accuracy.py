"""How well served versions do in service, as far as people told, and champion against challenger."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import TruncWeek
from django.utils import timezone

from mlops.ml.intervals import Interval, people_difference, people_share
from mlops.models import AliasName, Feedback, JudgedSubject, ModelAlias, ModelVersion, Prediction, Task

PERIOD = timedelta(days=28)
LEAST_AUDITED, LEAST_ANSWERS = 30, 200
LEAST_PER_ARM = 5
"""Athletes that each of champion and challenger must have answered."""


@dataclass(frozen=True)
class Share:
    """A share in a period with its 95 % interval, over n answers about n_people."""

    n: int
    n_people: int
    value: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """ "93.1 % (91.0 to 95.2)", or a dash."""
        if not self.n:
            return "–"
        return f"{100 * self.value:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"


@dataclass(frozen=True)
class LiveAccuracy:
    """audited: right answers among windows drawn at random and reviewed. unopposed: logged answers that nobody
    corrected, which is at least as high as the accuracy. held_out: what training promised."""

    audited: Share
    unopposed: Share
    held_out: Share
    fell: bool
    weeks: list[dict[str, Any]]

    @property
    def has_any(self) -> bool:
        return bool(self.audited.n or self.unopposed.n)


@dataclass(frozen=True)
class ArmsCompared:
    """Champion against challenger on what they answered at the same time; gain is challenger minus champion."""

    champion: ModelVersion
    challenger: ModelVersion
    share: float
    since: Any
    champion_share: Share
    challenger_share: Share
    gain: Interval | None
    measure: str

    @property
    def sentence(self) -> str:
        """What the interval says."""
        if self.gain is None:
            return f"At least {LEAST_PER_ARM} athletes on each side are needed to compare them."
        gain, low, high = self.gain
        points = f"{100 * gain:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"
        if low > 0:
            return f"The challenger is better: {points}."
        return f"The challenger is worse: {points}." if high < 0 else f"No difference can be told yet: {points}."


def live_accuracy(version: ModelVersion) -> LiveAccuracy:
    """The last four weeks of a version, and week by week."""
    since = timezone.now() - PERIOD
    audited = _audited(version, since)
    unopposed = _unopposed(version, since)
    held_out = held_out_share(version)
    fell = held_out.n > 0 and (
        (audited.n >= LEAST_AUDITED and audited.high < held_out.low)
        or (unopposed.n >= LEAST_ANSWERS and unopposed.high < held_out.low)
    )
    return LiveAccuracy(audited, unopposed, held_out, fell, _weeks(version))


def held_out_share(version: ModelVersion) -> Share:
    """Accuracy on held-out people with its interval: person by person where that is kept, else by windows."""
    rows = JudgedSubject.objects.filter(version=version).values_list("n", "values")
    people = [(float(np.frombuffer(bytes(values), "<f4").sum()), n) for n, values in rows]
    if people and version.task.metric.name == "accuracy":
        return _share(people)
    accuracy, n = version.metrics.get("accuracy"), version.metrics.get("n")
    if not isinstance(accuracy, int | float) or not isinstance(n, int):
        return _share([])
    return _share([(accuracy * n, n)])


def arms_compared(task: Task) -> ArmsCompared | None:
    """None without a challenger. By audited answers where both arms have enough, else by unopposed ones."""
    aliases = {row.name: row for row in ModelAlias.objects.filter(task=task).select_related("version__task")}
    first, second = aliases.get(AliasName.CHAMPION), aliases.get(AliasName.CHALLENGER)
    if first is None or second is None:
        return None
    since = max(first.moved_at, second.moved_at)
    measure = "reviewed answers that were right"
    a, b = _audit_counts(second.version, since), _audit_counts(first.version, since)
    if min(len(a), len(b)) < LEAST_PER_ARM:
        measure = "answers that nobody corrected"
        a, b = _counts(second.version, since), _counts(first.version, since)
    gain = None
    if min(len(a), len(b)) >= LEAST_PER_ARM:
        gain = people_difference([k for k, _ in a], [n for _, n in a], [k for k, _ in b], [n for _, n in b])
    return ArmsCompared(
        first.version, second.version, second.traffic_share, since, _share(b), _share(a), gain, measure
    )  # fmt: skip


def feedback_bins(version: ModelVersion) -> tuple[list[float], list[bool]]:
    """(confidence, was right) of audited answers, for a calibration curve of the service."""
    rows = Feedback.objects.learnable().filter(version=version, is_audit=True)
    found = list(rows.values_list("confidence", "answered", "label")[:5000])
    return [row[0] for row in found], [row[1] == row[2] for row in found]


def _audited(version: ModelVersion, since: Any) -> Share:
    return _share(_audit_counts(version, since))


def _unopposed(version: ModelVersion, since: Any) -> Share:
    return _share(_counts(version, since))


def _audit_counts(version: ModelVersion, since: Any) -> list[tuple[float, int]]:
    """(right, all) of each athlete."""
    people: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    rows = Feedback.objects.learnable().filter(version=version, is_audit=True, at__gte=since)
    for athlete, answered, label in rows.values_list("athlete_id", "answered", "label"):
        people[athlete][0] += answered == label
        people[athlete][1] += 1
    return [(right, n) for right, n in people.values()]


def _counts(version: ModelVersion, since: Any) -> list[tuple[float, int]]:
    """(not corrected, all) of each athlete's sampled answers."""
    rows = _sampled(version).filter(at__gte=since).values("athlete")
    found = rows.annotate(n=Count("pk"), opposed=Count("pk", filter=Q(was_opposed=True))).order_by()
    return [(row["n"] - row["opposed"], row["n"]) for row in found]


def _sampled(version: ModelVersion) -> Any:
    opposed = Feedback.objects.filter(prediction=OuterRef("pk")).exclude(label=F("answered"))
    rows = Prediction.objects.learnable().filter(version=version, is_sampled=True)
    return rows.annotate(was_opposed=Exists(opposed))


def _share(people: Iterable[tuple[float, int]]) -> Share:
    rows = list(people)
    value, low, high = people_share([k for k, _ in rows], [n for _, n in rows])
    return Share(int(sum(n for _, n in rows)), len(rows), value, low, high)


def _weeks(version: ModelVersion) -> list[dict[str, Any]]:
    """[{"week", "n", "unopposed", "n_audited", "audited"}] of the last 12 weeks."""
    since = timezone.now() - timedelta(weeks=12)
    weeks: dict[Any, dict[str, Any]] = {}
    answers = _sampled(version).filter(at__gte=since).annotate(week=TruncWeek("at")).values("week").order_by("week")
    for row in answers.annotate(n=Count("pk"), opposed=Count("pk", filter=Q(was_opposed=True))):
        unopposed = 1 - row["opposed"] / row["n"]
        weeks[row["week"]] = {"n": row["n"], "unopposed": unopposed, "n_audited": 0, "audited": None}
    audits = Feedback.objects.learnable().filter(version=version, is_audit=True, at__gte=since)
    for row in (
        audits.annotate(week=TruncWeek("at")).values("week").order_by("week")
        .annotate(n=Count("pk"), right=Count("pk", filter=Q(label=F("answered"))))
    ):  # fmt: skip
        entry = weeks.setdefault(row["week"], {"n": 0, "unopposed": None})
        entry |= {"n_audited": row["n"], "audited": row["right"] / row["n"]}
    return [{"week": week, **entry} for week, entry in sorted(weeks.items())]
