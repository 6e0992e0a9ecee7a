"""One repetition or hold: does it count, how well was it done, and how sure is that. Pure functions of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import isnan, nan
from typing import Any

from mlops.ml.biomechanics.form.counter import START_SHARE, Swing
from mlops.ml.biomechanics.form.measures import SIDED, Measures
from mlops.ml.biomechanics.form.table import Condition, Exercise, Fault

SIDE_TURN, OBLIQUE_TURN = 0.5, 0.75
"""Turned less than 30° from the side; less than 49°; else from the front or from behind."""
LEAST_SEEN, LEAST_RATE_HZ, LEAST_JUDGED, LEAST_CONFIDENCE = 0.5, 8.0, 0.4, 0.35
WINDOWS = ("rest", "down", "bottom", "up", "all")


@dataclass(frozen=True)
class Verdict:
    """A fault that was looked for: what was measured and how much it cost (0: nothing)."""

    fault: str
    value: float
    limit: float
    severity: float
    cost: float
    cue: str
    sentence: str
    source: str
    risk: bool


@dataclass(frozen=True)
class Judgement:
    """score 0 … 100, or None with the reason's code; verdicts costliest first; `cue` of the costliest fault."""

    score: float | None
    confidence: float
    reason: str
    view: str
    cue: str
    verdicts: tuple[Verdict, ...]
    unjudged: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def windows_of(swing: Swing) -> dict[str, list[Measures]]:
    """Frames by phase. rest: before the start; bottom: from 90 % of the range to 90 % again; all: start to end."""
    rows: list[Any] = [one.row for one in swing.samples]
    low = swing.base + START_SHARE * (swing.top - swing.base)
    after: list[Any] = [one.row for one in swing.samples[swing.leave :] if one.u <= low]
    return {
        "rest": after if swing.rest_last else rows[: swing.start + 1],
        "down": rows[swing.start : swing.reach + 1],
        "bottom": rows[swing.reach : swing.leave + 1],
        "up": rows[swing.leave :],
        "all": rows[swing.start :],
    }


def taken(rows: dict[str, list[Measures]], measure: str, over: str, take: str, side: str = "") -> float:
    """One number of a measure over a window; NaN where it is not known in half of the frames.

    median; high and low: 9th and 1st decile; range: between them; change: median minus that of rest; moved: |last −
    first|
    """
    name = f"{measure}_{side}" if side and measure in SIDED else measure
    known = [one[name] for one in rows[over] if not isnan(one[name])]
    if not known or 2 * len(known) < len(rows[over]):
        return nan
    if take == "moved":
        return abs(known[-1] - known[0])
    known.sort()
    if take == "high":
        return rank(known, 0.9)
    if take == "low":
        return rank(known, 0.1)
    if take == "range":
        return rank(known, 0.9) - rank(known, 0.1)
    if take == "change":
        return rank(known, 0.5) - taken(rows, measure, "rest", "median", side)
    return rank(known, 0.5)


def rank(known: Sequence[float], share: float) -> float:
    """The value below which that share of the sorted values lies, between neighbours in proportion."""
    at = share * (len(known) - 1)
    low = int(at)
    high = min(low + 1, len(known) - 1)
    return known[low] + (at - low) * (known[high] - known[low])


def view_of(rows: list[Measures]) -> str:
    """side, oblique, front or back, of a stretch of frames."""
    turn = taken({"all": rows}, "turn", "all", "median")
    if isnan(turn) or turn < SIDE_TURN:
        return "side"
    if turn < OBLIQUE_TURN:
        return "oblique"
    return "front" if taken({"all": rows}, "towards", "all", "median") > 0 else "back"


def truth(value: float, condition: Condition) -> float:
    """1 where a condition holds by `soft` or more, 0.5 on its edge, 0 where it fails by as much; unknown is 0.75."""
    if isnan(value):
        return 0.75
    margin = min(
        (value - condition.least if condition.least is not None else 1e9),
        (condition.most - value if condition.most is not None else 1e9),
    )
    return min(1.0, max(0.0, 0.5 + margin / (2.0 * condition.soft)))


def truths(
    conditions: Iterable[Condition], rows: dict[str, list[Measures]], view: str, side: str = ""
) -> list[float]:
    return [
        truth(taken(rows, one.measure, one.over, one.take, side), one)
        for one in conditions
        if not one.views or view in one.views
    ]


def counts(exercise: Exercise, rows: dict[str, list[Measures]], view: str, side: str = "") -> bool:
    """No condition fails by more than its tolerance."""
    return all(one > 0.0 for one in truths(exercise.counts_if, rows, view, side))


def judge(exercise: Exercise, rows: dict[str, list[Measures]], times: dict[str, float], side: str = "") -> Judgement:
    """times: down_s, up_s and duration_s of the repetition (a hold has only the last)."""
    whole = rows["all"]
    view = view_of(whole)
    verdicts: list[Verdict] = []
    unjudged: list[str] = []
    for fault in exercise.faults:
        value = nan
        if view in fault.views:
            value = times.get(fault.measure, nan) if fault.take == "value" else _measured(rows, fault, side)
        if isnan(value):
            unjudged.append(fault.key)
        else:
            verdicts.append(_verdict(fault, value))
    verdicts.sort(key=lambda one: -one.cost)
    in_view = [one for one in exercise.faults if one.key not in unjudged]
    share = sum(one.points for one in in_view) / max(1.0, sum(one.points for one in exercise.faults))
    all_seen = [taken(rows, f"seen_{one}", "all", "median") for one in exercise.needs]
    seen = nan if any(isnan(one) for one in all_seen) else min(all_seen)
    rate_hz = (len(whole) - 1) / times["duration_s"] if times["duration_s"] > 0 else 0.0
    confidence = _confidence(seen, view, rows, rate_hz)
    reason = _reason(exercise, view, share, seen, rate_hz, confidence)
    cost = sum(one.cost for one in verdicts)
    score = None if reason else max(0.0, 100.0 - cost)
    worst = verdicts[0] if verdicts and verdicts[0].cost > 0 else None
    cue = worst.cue if worst and not reason else ""
    return Judgement(score, confidence, reason, view, cue, tuple(verdicts), tuple(unjudged))


def _measured(rows: dict[str, list[Measures]], fault: Fault, side: str) -> float:
    return taken(rows, fault.measure, fault.over, fault.take, side)


def _verdict(fault: Fault, value: float) -> Verdict:
    severity = min(1.0, max(0.0, (value - fault.limit) / (fault.worst - fault.limit)))
    return Verdict(
        fault.key, value, fault.limit, severity, severity * fault.points, fault.cue, fault.sentence, fault.source,
        fault.risk,
    )  # fmt: skip


def _confidence(seen: float, view: str, rows: dict[str, list[Measures]], rate_hz: float) -> float:
    """Product of: how well the needed points are seen, the view, how calm the points are, the frame rate."""
    jitter = taken(rows, "jitter", "all", "median")
    calm = min(1.0, max(0.2, 1.0 - (jitter - 0.02) / 0.15))
    rate = min(1.0, rate_hz / 15.0)
    return (0.0 if isnan(seen) else min(1.0, seen)) * (0.8 if view == "oblique" else 1.0) * calm * rate


def _reason(exercise: Exercise, view: str, share: float, seen: float, rate_hz: float, confidence: float) -> str:
    """Code of why there is no score, or empty."""
    if view not in exercise.views:
        return "view"
    if isnan(seen) or seen < LEAST_SEEN:
        return "hidden"
    if rate_hz < LEAST_RATE_HZ:
        return "rate"
    if share < LEAST_JUDGED:
        return "view"
    return "unsure" if confidence < LEAST_CONFIDENCE else ""
