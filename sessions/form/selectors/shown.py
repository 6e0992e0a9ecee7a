"""A report as its page and the API tell it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime

from sessions.form import words
from sessions.form.selectors.reports import corrections_of
from sessions.models import FormCorrection, FormReport
from web.axis import Mark, axis_within
from web.numbers import spelled

HEIGHT, TOP = 160.0, 10.0
APART = 15.0
"""Points between rules and learnt model from which both are shown."""


@dataclass(frozen=True)
class Repetition:
    """A row of the table. facts: as the report holds it; score: a person's word where there is one."""

    facts: dict[str, Any]
    score: float | None
    side: str
    faults: Sequence[dict[str, Any]]
    why_not: str
    correction: FormCorrection | None

    @property
    def learnt(self) -> dict[str, Any] | None:
        """What the learnt model says, where it differs from the rules by `APART` points or more."""
        said = self.facts.get("learnt")
        far = said and self.facts["score"] is not None and abs(said["score"] - self.facts["score"]) >= APART
        return said if far else None

    @property
    def main(self) -> str:
        """The costliest fault in words, or why there is no score."""
        return self.why_not or (self.faults[0]["sentence"] if self.faults else "")


@dataclass(frozen=True)
class Trend:
    """Scores over reports: places in percent and units, with ticks."""

    height: float
    dots: list[tuple[float, float, str]]
    x_ticks: list[Mark]
    y_ticks: list[Mark]
    points: str
    summary: str
    rows: list[tuple[str, str, FormReport]]
    """day, score, the report"""


def repetitions_of(row: FormReport) -> list[Repetition]:
    """All repetitions or holds in their order; the newest correction of each beside it."""
    corrected: dict[int, FormCorrection] = {}
    for one in corrections_of(row).order_by("created_at"):
        corrected[one.number] = one
    return [_repetition(one, corrected.get(one["number"])) for one in row.facts.get("repetitions", [])]


def _repetition(one: dict[str, Any], correction: FormCorrection | None) -> Repetition:
    reason = one["reason"] or {}
    return Repetition(
        one, correction.score if correction else one["score"], str(words.SIDES.get(one["side"], "")),
        [words.translated(check, "cue", "sentence") for check in one["checks"] if check["cost"] > 0],
        words.translated(reason, "sentence").get("sentence", ""), correction,
    )  # fmt: skip


def main_faults(row: FormReport, most: int = 3) -> list[dict[str, Any]]:
    """What cost most over all repetitions: cue, sentence, in how many (`n`), points a repetition (`mean_cost`)."""
    cost: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    told: dict[str, dict[str, Any]] = {}
    for one in row.facts.get("repetitions", []):
        for check in one["checks"] if one["score"] is not None else ():
            if check["cost"] > 0:
                cost[check["fault"]] += check["cost"]
                seen[check["fault"]] += 1
                told[check["fault"]] = check
    n = max(1, row.n_repetitions)
    return [
        {**words.translated(told[key], "cue", "sentence"), "n": seen[key], "mean_cost": points / n}
        for key, points in cost.most_common(most)
    ]


def risks(row: FormReport) -> list[dict[str, Any]]:
    """Risk factors that were seen, the worst first."""
    return [words.translated(one, "sentence") for one in row.facts.get("risks", [])]


def refusal(row: FormReport) -> dict[str, Any] | None:
    """Why there is no score (`sentence`) and how to film it better (`how`); None where there is one."""
    reason = row.facts.get("reason")
    return words.translated(reason, "sentence", "how") if row.made_at and reason else None


def sources(row: FormReport) -> list[str]:
    """Where the rules of the judged exercise come from."""
    from mlops.ml.biomechanics.form.table import document, exercises

    exercise = exercises().get(row.exercise)
    texts = document()["sources"]
    used = dict.fromkeys(fault.source for fault in exercise.faults) if exercise else {}
    return [texts[key] for key in used if key in texts]


def trend_figure(rows: Sequence[FormReport]) -> Trend | None:
    """The mean scores of reports in the order of time; None for fewer than two."""
    if len(rows) < 2:
        return None
    axis = axis_within(0, 100, HEIGHT, TOP, most=3)
    days = [date_format(localtime(row.filmed_at or row.created_at), "j M") for row in rows]
    scores = [spelled(row.score or 0.0, ".0f") for row in rows]
    places = [round(100 * (n + 0.5) / len(rows), 2) for n in range(len(rows))]
    dots = [
        (place, axis.at(row.score or 0.0), f"{day}: {score}")
        for place, row, day, score in zip(places, rows, days, scores, strict=True)
    ]
    every = max(1, -(-len(rows) // 6))
    return Trend(
        HEIGHT, dots, list(zip(places, days, strict=True))[::every], axis.marks(),
        " ".join(f"{x},{y}" for x, y, _text in dots), ", ".join(text for _x, _y, text in dots),
        [(day, score, row) for day, score, row in zip(days, scores, rows, strict=True)],
    )  # fmt: skip


def page_config(row: FormReport, found: Sequence[Repetition], *, series: str, poses: str) -> dict[str, Any]:
    """What the scripts of a report's page need."""
    judged = [one for one in found if one.score is not None]
    best = max(judged, key=lambda one: one.score or 0.0, default=None)
    worst = min(judged, key=lambda one: one.score or 0.0, default=None)
    return {
        "duration_s": row.video.duration_s if row.video else row.facts.get("duration_s", 0),
        "rate_hz": row.video.rate_hz if row.video else row.facts.get("rate_hz", 30),
        "aspect": row.facts.get("aspect", 1), "series_url": series, "poses_url": poses,
        "compared": [one.facts["peak_s"] for one in (best, worst) if one is not None and best is not worst],
        "phases": [
            {"start": one["start_s"], "end": one["end_s"], "label": str(words.PHASES.get(one["phase"], one["phase"]))}
            for one in row.facts.get("phases", [])
        ],
        "repetitions": [
            {"number": one.facts["number"], "start": one.facts["start_s"], "end": one.facts["end_s"]} for one in found
        ],
    }  # fmt: skip
