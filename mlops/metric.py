"""Metrics as a kind declares them: what a number is called, which way is better, how people read it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Style = Literal["share", "number", "whole", "bytes"]
COST = ("train_s", "size_bytes", "latency_ms", "n_parameters")
"""Numbers every run has beside its metrics; they are searched and compared like them."""


@dataclass(frozen=True)
class Metric:
    """One figure that `TaskKind.evaluate` returns under `name`.

    style     "share": a number from 0 to 1 shown in per cent; "number": with `digits`; "whole": a count; "bytes"
    unit      behind the number, for example "s" or "kg"
    headline  shown large on the evaluation page
    """

    name: str
    title: str
    higher_is_better: bool = True
    style: Style = "share"
    digits: int = 3
    unit: str = ""
    headline: bool = True
    help: str = ""

    def text(self, value: Any) -> str:
        """ "93.1 %", "0.412 kg", or a dash for what was not measured."""
        if not is_number(value):
            return "–"
        if self.style == "share":
            return f"{100 * value:.1f} %"
        return f"{self._body(value)} {self.unit}".strip()

    def difference_text(self, gap: float) -> str:
        """ "+1.2 points", "−0.031 kg": how much one model is above another."""
        sign = "+" if gap > 0 else "−" if gap < 0 else "±"
        if self.style == "share":
            return f"{sign}{abs(100 * gap):.1f} points"
        return f"{sign}{self._body(abs(gap))} {self.unit}".strip()

    def _body(self, value: float) -> str:
        if self.style == "bytes":
            power = 2 if value >= 1e6 else 1 if value >= 1e3 else 0
            return f"{value / 1000**power:.{0 if power == 0 else 1}f} {('bytes', 'kB', 'MB')[power]}"
        return f"{value:,.0f}" if self.style == "whole" else f"{value:.{self.digits}f}"

    def better(self, a: float, b: float) -> bool:
        """True when `a` beats `b`."""
        return a > b if self.higher_is_better else a < b


CLASSIFICATION = (
    Metric("accuracy", "Accuracy", help="Share of answers that were right."),
    Metric("f1_macro", "F1, mean of labels", help="Precision and recall in one number; every label counts the same."),
    Metric("f1_weighted", "F1, weighted", help="The same, every label weighted by how often it occurs."),
    Metric("ece", "Calibration error", False, help="How far confidence lies from the share of right answers."),
    Metric("baseline_accuracy", "Accuracy of guessing", help="Always answering the most frequent label."),
)
"""Metrics of every kind that names one of several labels."""

COSTS = (
    Metric("train_s", "Training time", False, "number", 1, "s", False),
    Metric("size_bytes", "Size", False, "bytes", headline=False),
    Metric("latency_ms", "Answer time", False, "number", 2, "ms", False),
    Metric("n_parameters", "Learnt numbers", False, "whole", headline=False),
)


def is_number(value: Any) -> bool:
    """True for a finite number; NaN, infinity, text and booleans are not measured."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def numbers_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The plain numbers among metrics: what runs are searched and compared by."""
    return {name: value for name, value in metrics.items() if is_number(value)}


def metric_named(metrics: Sequence[Metric], name: str) -> Metric:
    """The declared metric, or a plain number under its own name."""
    found = next((metric for metric in (*metrics, *COSTS) if metric.name == name), None)
    return found or Metric(name, name.replace("_", " ").capitalize(), style="number")
