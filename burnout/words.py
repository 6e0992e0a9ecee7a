"""What people say about a risk, and how far the risk was right."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.kinds.answers import Correction
from mlops.kinds.metric import is_number
from web.numbers import spelled_share

NEAR = 0.1
"""A person's own number so near to the risk agrees with it."""


class Word(models.TextChoices):
    """How a risk looks to the person it is about."""

    TOO_HIGH = "too_high", gettext_lazy("Too high")
    ABOUT_RIGHT = "about_right", gettext_lazy("About right")
    TOO_LOW = "too_low", gettext_lazy("Too low")


def word_checked(given: Any) -> Correction:
    """One of the words, or the probability that a person would have said, above 0 and below 1.

    Raises ValidationError. What happened in the end is no opinion: it is recorded as an outcome.
    """
    if isinstance(given, str) and given in Word.values:
        return Correction(value=given)
    if is_number(given) and 0 < given < 1:
        return Correction(value=float(given))
    words = ", ".join(Word.values)
    wrong = ValidationError(f"Send {words}, or a probability above 0 and below 1.", code="bad_value")
    raise ValidationError({"correction": wrong})


def agreement_with(answered: Mapping[str, Any], correction: Correction) -> float:
    """0 to 1. An outcome (0 or 1): one minus the squared error, so that only honest probabilities do best on average
    (Brier 1950). A word agrees when it says so, a person's number within the band or near the risk."""
    risk, said = answered.get("number"), correction.value
    if risk is None or said is None:
        return 0.0
    if isinstance(said, str):
        return float(said == Word.ABOUT_RIGHT)
    if said in (0, 1):
        return float(1 - (risk - said) ** 2)
    low, high = min(answered.get("low", risk), risk - NEAR), max(answered.get("high", risk), risk + NEAR)
    return float(low <= said <= high)


def spoken(truth: Any) -> str:
    """The words for a kept correction: "Too high", "30 %", or what happened."""
    if isinstance(truth, str):
        return str(Word(truth).label) if truth in Word.values else truth
    if truth in (0, 1):
        return _("It happened") if truth else _("It did not happen")
    return spelled_share(truth) if is_number(truth) else ""
