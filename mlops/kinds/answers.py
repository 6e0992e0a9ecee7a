"""What a served version says about one example, whatever its kind; and what a person says it should have been."""

from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from web.numbers import spelled


def number_text(value: float, unit: str = "", *, bare: bool = False) -> str:
    """ "3.2 points"; with the unit "%" a share from 0 to 1: "3.8 %". bare: without the unit."""
    body = spelled(100 * value, ".1f") if unit == "%" else spelled(value, ".4g")
    return body if bare else f"{body} {unit}".strip()


@dataclass(frozen=True)
class Headline:
    """The short form of an answer: for lists, logs, drift and agreement.

    label       what was named; empty for a number or a text without one. Kept when it is withheld
    number      the value of a kind that answers numbers, with `low` and `high` of its interval where there is one
    confidence  probability of the label; None for kinds that have none
    reason      why nothing is said: "none", "unsure", "unlike", or another word of the kind; empty for an answer
    """

    label: str = ""
    number: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    reason: str = ""

    @property
    def abstained(self) -> bool:
        return bool(self.reason)

    def text(self, unit: str = "") -> str:
        """ "squat", "3.2 points (2.9 to 3.5)"; empty for an answer without label and number."""
        if self.number is None:
            return self.label
        number = number_text(self.number, unit)
        if self.low is not None and self.high is not None:
            ends = {"low": number_text(self.low, unit, bare=True), "high": number_text(self.high, unit, bare=True)}
            number += f" ({_('%(low)s to %(high)s') % ends})"
        return f"{self.label}, {number}" if self.label else number

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}


@dataclass(frozen=True)
class Answer:
    """value: JSON for people and programs, as the kind writes it; headline: its short form."""

    value: Any
    headline: Headline


@dataclass(frozen=True)
class Correction:
    """What a person says an answer should have been: a label where there are such, any JSON where not."""

    label: str = ""
    value: Any = None


def label_correction(task: Any, given: Any) -> Correction:
    """A label of the task's set; empty for "none of these". Raises ValidationError `unknown_label`."""
    known = set(task.label_set.names) if task.label_set else set()
    if not isinstance(given, str) or (given and given not in known):
        raise ValidationError({"label": "This task has no such label."}, code="unknown_label")
    return Correction(given)
