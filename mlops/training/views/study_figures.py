"""Drawings of a study: every trial as a line over its settings, and the best so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from mlops.figures.figures import CurveFigure, line_figure
from mlops.kinds.metric import Metric
from mlops.training.models.run import Run, RunOutcome
from mlops.training.models.study import Study
from web.axis import HEIGHT, TOP, WIDTH, axis_covering
from web.numbers import spelled


@dataclass(frozen=True)
class Upright:
    """One setting: where it stands and the words at both ends."""

    x: float
    title: str
    high: str
    low: str
    anchor: str = "middle"
    """On which side of the line its words stand: those at the edges stay inside the drawing."""


@dataclass(frozen=True)
class TrialLine:
    """One trial: "x,y x,y …", how strongly it is drawn, whether it is the best, and its words."""

    points: str
    opacity: str
    best: bool
    title: str


@dataclass(frozen=True)
class ParallelFigure:
    """Settings as upright axes, the score as the last one."""

    axes: list[Upright]
    lines: list[TrialLine]
    summary: str
    height: float = HEIGHT
    top: float = TOP


def parallel_figure(study: Study, trials: Sequence[Run], metric: Metric) -> ParallelFigure | None:
    """None before two trials have a score."""
    scored = [run for run in trials if run.score is not None]
    if len(scored) < 2:
        return None
    names = list(study.space)
    step = WIDTH / max(1, len(names))
    score = axis_covering((run.score or 0.0 for run in scored), 0, 1)
    axes = [
        Upright(round(i * step, 2), _title(name), *_ends(study.space[name]), anchor="middle" if i else "start")
        for i, name in enumerate(names)
    ]
    axes.append(Upright(WIDTH, metric.words, metric.text(score.high), metric.text(score.low), "end"))
    best = (max if study.higher_is_better else min)(scored, key=lambda run: run.score or 0.0)
    lines = []
    for run in sorted(scored, key=lambda run: (run.pk == best.pk, run.score or 0.0)):
        height = score.at(run.score or 0.0)
        spots = [_part(study.space[name], run.config.get(name)) for name in names] + [height]
        points = " ".join(
            f"{axis.x},{TOP + (1 - y) * (HEIGHT - TOP):.1f}" for axis, y in zip(axes, spots, strict=True)
        )
        good = height if study.higher_is_better else 1 - height
        words = ", ".join(f"{_title(name).lower()} {_short(run.config.get(name))}" for name in names)
        title = _("Trial %(n)s: %(words)s; %(score)s")
        title = title % {"n": (run.trial or 0) + 1, "words": words, "score": metric.text(run.score)}
        lines.append(TrialLine(points, f"{0.15 + 0.75 * good:.2f}", run.pk == best.pk, title))
    summary = _("Best of %(n)s trials. %(best)s.") % {"n": len(scored), "best": lines[-1].title}
    return ParallelFigure(axes, lines, summary)


def history_figure(study: Study, trials: Sequence[Run], metric: Metric) -> CurveFigure | None:
    """The score of each trial and the best so far; None before two trials have a score."""
    scored = [(float((run.trial or 0) + 1), run.score) for run in trials if run.score is not None]
    if len(scored) < 2:
        return None
    best, points = scored[0][1], []
    for x, score in scored:
        best = score if metric.better(score, best) else best
        points.append((x, best))
    figure = line_figure(_("Best so far"), [(_("Trial"), scored), (_("Best so far"), points)], None, from_zero=False)
    return CurveFigure(
        title=_("Best so far"),
        lines=figure.lines,
        y_ticks=figure.y_ticks,
        x_ticks=figure.x_ticks,
        summary=_("After %(n)s trials: %(best)s on the validation set.")
        % {"n": len(scored), "best": metric.text(best)},
        columns=[_("Trial"), metric.words, _("Best so far")],
        rows=[
            [f"{x:g}", metric.text(score), metric.text(top)]
            for (x, score), (at, top) in zip(scored, points, strict=True)
        ],
    )


def trial_rows(study: Study, trials: Sequence[Run], metric: Metric, best: str) -> list[dict[str, Any]]:
    """Every trial for the table."""
    return [
        {
            "run": run,
            "number": (run.trial or 0) + 1,
            "values": [_short(run.config.get(name)) for name in study.space],
            "score": metric.text(run.score),
            "best": str(run.pk) == best,
            "pruned": run.outcome == RunOutcome.PRUNED,
        }
        for run in trials
    ]


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _ends(spec: dict[str, Any]) -> tuple[str, str]:
    if "choices" in spec:
        return _short(spec["choices"][-1]), _short(spec["choices"][0])
    return _short(spec["high"]), _short(spec["low"])


def _part(spec: dict[str, Any], value: Any) -> float:
    """Where a value lies between the ends of its axis, 0 to 1."""
    if "choices" in spec:
        at = spec["choices"].index(value) if value in spec["choices"] else 0
        return at / max(1, len(spec["choices"]) - 1)
    low, high, value = float(spec["low"]), float(spec["high"]), float(value)
    if spec.get("log"):
        low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-12))
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spelled(value, ".3g") if isinstance(value, float) else str(value)
