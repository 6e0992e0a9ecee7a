"""How often served versions agree with what people say, and champion against challenger.

What agreement is says the kind: the same label, a number near enough, a share of several answers. For kinds of labels
it is the accuracy in service.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mlops.kinds.metric import is_number
from mlops.ml.intervals import Interval, people_difference, people_share
from mlops.monitoring.models import Feedback
from mlops.registry.models import AliasName, EvaluatedSubject, ModelAlias, ModelVersion
from mlops.serving.models import Prediction
from mlops.tasks.models import Task
from mlops.tasks.selectors import kind_or_none
from web.numbers import spelled
from web.said import Number, Said

PERIOD = timedelta(days=28)
BEFORE = timedelta(weeks=12)
"""What a version without a comparable held-out figure is held against: its own reviewed answers, so long before."""
MIN_AUDITED, MIN_ANSWERS = 30, 200
MAX_READ = 5000
RIGHT = 0.5
"""From this agreement on an answer counts as right."""
MIN_PER_ARM = 5
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
        return str(self.said)

    @property
    def said(self) -> Said:
        """The same for a sentence that is stored."""
        if not self.n:
            return Said("–")
        ends = {"low": Number(100 * self.low, ".1f"), "high": Number(100 * self.high, ".1f")}
        between = Said(gettext_noop("%(low)s to %(high)s"), ends)
        return Said("%(share)s (%(between)s)", {"share": Number(100 * self.value, ".1f", " %"), "between": between})


@dataclass(frozen=True)
class LiveAccuracy:
    """Shares of answers that agree with people.

    audited    of examples drawn at random and reviewed
    unopposed  logged answers that nobody corrected: at least as many as agree
    held_out   on held-out data, where the kind has a metric that counts the same
    before     audited ones of the twelve weeks before, where there is no such metric
    agreed     what such an answer is, in the words of the kind: "right"
    """

    audited: Share
    unopposed: Share
    held_out: Share
    before: Share
    fell: bool
    weeks: list[dict[str, Any]]
    agreed: str = "correct"

    @property
    def has_any(self) -> bool:
        return bool(self.audited.n or self.unopposed.n)

    @property
    def fall(self) -> Said:
        """What fell against what, in the middle of a sentence."""
        facts = {
            "share": self.audited.said, "n": self.audited.n, "agreed": Said(self.agreed), "before": self.before.said,
            "n_before": self.before.n, "unopposed": self.unopposed.said, "n_unopposed": self.unopposed.n,
            "held_out": self.held_out.said,
        }  # fmt: skip
        if not self.held_out.n:
            return Said(gettext_noop(
                "%(share)s of %(n)s reviewed predictions were %(agreed)s, compared with %(before)s of %(n_before)s "
                "in the 12 weeks before"
            ), facts)  # fmt: skip
        return Said(gettext_noop(
            "%(share)s of %(n)s reviewed predictions were %(agreed)s, %(unopposed)s of %(n_unopposed)s uncorrected, "
            "compared with %(held_out)s"
        ), facts)  # fmt: skip


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
            return _(
                "Not enough data yet. Each version needs at least %(min_per_arm)s athletes."
            ) % {"min_per_arm": MIN_PER_ARM}
        gain, low, high = self.gain
        between = _("%(low)s to %(high)s") % {"low": spelled(100 * low, "+.1f"), "high": spelled(100 * high, "+.1f")}
        points = f"{_('%(gap)s points') % {'gap': spelled(100 * gain, '+.1f')}} ({between})"
        if low > 0:
            return _("The challenger is better: %(points)s.") % {"points": points}
        unclear = _("No significant difference yet: %(points)s.")
        text = _("The challenger is worse: %(points)s.") if high < 0 else unclear
        return text % {"points": points}


def live_accuracy(version: ModelVersion) -> LiveAccuracy:
    """The last four weeks of a version, and week by week."""
    since = timezone.now() - PERIOD
    kind = kind_or_none(version.task)
    audited, unopposed = _share(_audit_counts(version, since)), _share(_counts(version, since))
    held_out = held_out_share(version)
    before = _share([] if held_out.n else _audit_counts(version, since - BEFORE, since))
    fell = (audited.n >= MIN_AUDITED and _below(audited, held_out if held_out.n else before)) or (
        unopposed.n >= MIN_ANSWERS and _below(unopposed, held_out)
    )
    agreed = kind.agreed if kind is not None else "correct"
    return LiveAccuracy(audited, unopposed, held_out, before, fell, _weeks(version), agreed)


def held_out_share(version: ModelVersion) -> Share:
    """The kind's `agreement_metric` on held-out data with its interval: group by group where that is kept, else by
    examples; empty where no metric counts what agreement counts."""
    kind = kind_or_none(version.task)
    name = kind.agreement_metric if kind is not None else ""
    if name and version.task.metric.name == name:
        rows = EvaluatedSubject.objects.filter(version=version).values_list("n", "values")
        if groups := [(float(np.frombuffer(bytes(values), "<f4").sum()), n) for n, values in rows]:
            return _share(groups)
    value, n = version.metrics.get(name), version.metrics.get("n")
    return _share([(value * n, n)] if is_number(value) and isinstance(n, int) else [])


def arms_compared(task: Task) -> ArmsCompared | None:
    """None without a challenger. By audited answers where both arms have enough, else by unopposed ones."""
    aliases = {row.name: row for row in ModelAlias.objects.filter(task=task).select_related("version__task")}
    first, second = aliases.get(AliasName.CHAMPION), aliases.get(AliasName.CHALLENGER)
    if first is None or second is None:
        return None
    since = max(first.moved_at, second.moved_at)
    kind = kind_or_none(task)
    measure = f"reviewed predictions that were {kind.agreed if kind is not None else 'correct'}"
    a, b = _audit_counts(second.version, since), _audit_counts(first.version, since)
    if min(len(a), len(b)) < MIN_PER_ARM:
        measure = "uncorrected predictions"
        a, b = _counts(second.version, since), _counts(first.version, since)
    gain = None
    if min(len(a), len(b)) >= MIN_PER_ARM:
        gain = people_difference([k for k, _ in a], [n for _, n in a], [k for k, _ in b], [n for _, n in b])
    return ArmsCompared(
        first.version, second.version, second.traffic_share, since, _share(b), _share(a), gain, measure
    )  # fmt: skip


@dataclass(frozen=True)
class NumberGaps:
    """Answered numbers against what people said in reviews: n, the mean gap, and how many of the answers that came
    with an interval held the truth in it."""

    n: int
    mean_gap: float
    n_intervals: int
    n_inside: int


def number_gaps(version: ModelVersion) -> NumberGaps | None:
    """Of audited answers; None where there are no numbers."""
    rows = Feedback.objects.learnable().filter(version=version, is_audit=True, number__isnull=False)
    fields = ("number", "low", "high", "truth")
    found = [row for row in rows.values_list(*fields)[:MAX_READ] if is_number(row[3])]
    if not found:
        return None
    spans = [(low, truth, high) for _, low, high, truth in found if low is not None and high is not None]
    gap = float(np.mean([abs(number - truth) for number, _, _, truth in found]))
    return NumberGaps(len(found), gap, len(spans), sum(low <= truth <= high for low, truth, high in spans))


def feedback_bins(version: ModelVersion) -> tuple[list[float], list[bool]]:
    """(confidence, was right) of audited answers, for a calibration curve of the service."""
    rows = Feedback.objects.learnable().filter(version=version, is_audit=True)
    found = list(rows.filter(confidence__isnull=False).values_list("confidence", "agreement")[:MAX_READ])
    return [row[0] for row in found], [row[1] >= RIGHT for row in found]


def _below(now: Share, then: Share) -> bool:
    return then.n >= MIN_AUDITED and now.high < then.low


def _audit_counts(version: ModelVersion, since: Any, until: Any = None) -> list[tuple[float, int]]:
    """(agreement, all) of each athlete."""
    people: dict[int, list[Any]] = defaultdict(lambda: [0.0, 0])
    rows = Feedback.objects.learnable().filter(version=version, is_audit=True, at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    for athlete, agreement in rows.values_list("athlete_id", "agreement"):
        people[athlete][0] += agreement
        people[athlete][1] += 1
    return [(right, n) for right, n in people.values()]


def _counts(version: ModelVersion, since: Any) -> list[tuple[float, int]]:
    """(not corrected, all) of each athlete's sampled answers."""
    rows = _sampled(version).filter(at__gte=since).values("athlete")
    found = rows.annotate(n=Count("pk"), opposed=Count("pk", filter=Q(was_opposed=True))).order_by()
    return [(row["n"] - row["opposed"], row["n"]) for row in found]


def _sampled(version: ModelVersion) -> Any:
    opposed = Feedback.objects.filter(prediction=OuterRef("pk"), agreement__lt=RIGHT)
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
        .annotate(n=Count("pk"), right=Sum("agreement"))
    ):  # fmt: skip
        entry = weeks.setdefault(row["week"], {"n": 0, "unopposed": None})
        entry |= {"n_audited": row["n"], "audited": row["right"] / row["n"]}
    return [{"week": week, **entry} for week, entry in sorted(weeks.items())]
