"""Metrics as a kind declares them: what a number is called, which way is better, how people read it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import get_language, gettext

from mlops.kinds.marking import gettext_noop as _
from web.numbers import spelled, spelled_share

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
            return spelled_share(value, 1)
        return f"{self._body(value)} {self.unit}".strip()

    def difference_text(self, gap: float) -> str:
        """ "+1.2 points", "−0.031 kg": how much one model is above another."""
        sign = "+" if gap > 0 else "−" if gap < 0 else "±"
        if self.style == "share":
            return gettext("%(gap)s points") % {"gap": f"{sign}{spelled(abs(100 * gap), '.1f')}"}
        return f"{sign}{self._body(abs(gap))} {self.unit}".strip()

    def allowance(self, part: float, value: float) -> float:
        """How far apart two values may lie: `part` itself for a share, else that part of `value`."""
        return part if self.style == "share" else part * abs(value)

    def interval_text(self, low: float, high: float) -> str:
        """ "91.0 to 95.2 %", "0.79 to 0.86"."""
        first = spelled(100 * low, ".1f") if self.style == "share" else self._body(low)
        return gettext("%(low)s to %(high)s") % {"low": first, "high": self.text(high)}

    def _body(self, value: float) -> str:
        if self.style == "bytes":
            power = 2 if value >= 1e6 else 1 if value >= 1e3 else 0
            return f"{spelled(value / 1000**power, '.0f' if power == 0 else '.1f')} {('bytes', 'kB', 'MB')[power]}"
        return spelled(value, ",.0f" if self.style == "whole" else f".{self.digits}f")

    @property
    def words(self) -> str:
        """The title in the reader's language."""
        return gettext(self.title)

    @property
    def words_inside(self) -> str:
        """The title inside a sentence: "accuracy", where its language writes it small."""
        words = self.words
        return f"{words[:1].lower()}{words[1:]}" if get_language() != "de" else words

    @property
    def help_words(self) -> str:
        """What it means, in the reader's language."""
        return gettext(self.help) if self.help else ""

    def better(self, a: float, b: float) -> bool:
        """True when `a` beats `b`."""
        return a > b if self.higher_is_better else a < b


CLASSIFICATION = (
    Metric("accuracy", _("Accuracy"), help=_("Share of correct predictions.")),
    Metric("f1_macro", _("F1 (macro)"), help=_("Precision and recall in one number. Every label counts the same.")),
    Metric("f1_weighted", _("F1 (weighted)"), help=_("F1 with each label weighted by its frequency.")),
    Metric("ece", _("Calibration error"), False, help=_("Average gap between confidence and accuracy.")),
    Metric("baseline_accuracy", _("Baseline accuracy"), help=_(
        "A baseline that always predicts the most frequent label."
    )),
)
"""Metrics of every kind that names one of several labels."""

COSTS = (
    Metric("train_s", _("Training time"), False, "number", 1, "s", False),
    Metric("size_bytes", _("Size"), False, "bytes", headline=False),
    Metric("latency_ms", _("Latency"), False, "number", 2, "ms", False),
    Metric("n_parameters", _("Parameters"), False, "whole", headline=False),
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
