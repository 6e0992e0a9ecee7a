"""The one sentence that the recovery page begins with: how high the risk is and why, or what is missing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from django.contrib.humanize.templatetags.humanize import apnumber
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy, ngettext

from burnout.models import RiskEstimate
from burnout.selectors.recovery import Recovery

MIN_EFFECT = float(np.log(1.05))
"""A measure that changes the hazard by less than five per cent is not named."""
REASONS = {
    "sleep": (gettext_lazy("Sleep helps most."), gettext_lazy("Sleep is the main reason.")),
    "stress": (gettext_lazy("Calm days help most."), gettext_lazy("Stress is the main reason.")),
    "fatigue": (gettext_lazy("Being rested helps most."), gettext_lazy("Tiredness is the main reason.")),
    "soreness": (gettext_lazy("Little soreness helps most."), gettext_lazy("Soreness is the main reason.")),
    "mood": (gettext_lazy("Mood helps most."), gettext_lazy("Mood is the main reason.")),
    "load": (gettext_lazy("Training helps most."), gettext_lazy("Training is the main reason.")),
    "hrv": (
        gettext_lazy("Heart rate variability helps most."), gettext_lazy("Heart rate variability is the main reason."),
    ),
    "resting": (gettext_lazy("Resting heart rate helps most."), gettext_lazy("Resting heart rate is the main reason.")),
}
"""By the first word of a feature's name: what is said when the measure lowers the risk, and when it raises it."""
FEW_KNOWN = 10
"""Fewer known features than that, and the sentence says that little is known."""


@dataclass(frozen=True)
class Sentence:
    """text  in full; `level` "low", "average", "raised", "high", or "" where nothing is estimated for today."""

    text: str
    level: str = ""


def sentence_for(page: Recovery) -> Sentence:
    """What a page says first. No risk is claimed while calibrating, long after the last check-in, or on a scale that
    may be wrong."""
    if page.is_calibrating:
        return Sentence(_missing(page))
    estimate = page.estimate
    if estimate is None:
        return Sentence(gettext("No estimate: no model is serving right now."))
    if page.scale_doubt:
        return Sentence(gettext("No reliable estimate: the imported ratings may be on another scale."))
    if page.is_stale:
        return Sentence(
            gettext("No estimate for today: the last one is from %(day)s.")
            % {"day": date_format(estimate.day, "j F")}
        )
    level = level_of(estimate)
    return Sentence(" ".join(filter(None, (_level_words(estimate, level), reason_of(estimate, level)))), level)


def level_of(estimate: RiskEstimate) -> str:
    """ "low" where the whole band lies below an average person of the model's data, else "average", "raised" or
    "high"."""
    if estimate.level != "usual":
        return estimate.level
    most = estimate.risk if estimate.high is None else estimate.high
    return "low" if most < estimate.usual else "average"


def reason_of(estimate: RiskEstimate, level: str) -> str:
    """What lowers a low risk most, or raises another one most; empty where nothing stands out."""
    sums: dict[str, float] = defaultdict(float)
    for one in estimate.drivers:
        if one["value"] is not None:
            sums[one["feature"].partition("_")[0]] += one["effect"]
    way = -1 if level == "low" else 1
    known = {name: way * effect for name, effect in sums.items() if name in REASONS}
    strongest = max(known, key=lambda name: known[name], default="")
    if not strongest or known[strongest] < MIN_EFFECT:
        return ""
    helps, weighs = REASONS[strongest]
    return str(helps if way < 0 else weighs)


def _level_words(estimate: RiskEstimate, level: str) -> str:
    if estimate.n_known < FEW_KNOWN:
        return {
            "low": gettext("Low risk, but based on little data."),
            "average": gettext("Average risk, but based on little data."),
            "raised": gettext("Raised risk, but based on little data."),
            "high": gettext("High risk, but based on little data."),
        }[level]
    return {
        "low": gettext("Low risk."), "average": gettext("Average risk."), "raised": gettext("Raised risk."),
        "high": gettext("High risk."),
    }[level]


def _missing(page: Recovery) -> str:
    n_answers, n_days = max(0, page.least_recent - page.n_recent), max(0, page.needed - page.n_calibrating)
    if n_answers >= n_days:
        return ngettext(
            "No estimate yet: check in on %(n)s more day.", "No estimate yet: check in on %(n)s more days.", n_answers
        ) % {"n": apnumber(n_answers)}
    if not n_answers:
        return ngettext(
            "No estimate yet: %(n)s more day to go.", "No estimate yet: %(n)s more days to go.", n_days
        ) % {"n": apnumber(n_days)}
    return gettext("No estimate yet: %(days)s more days, at least %(n)s of them with a check-in.") % {
        "n": apnumber(n_answers), "days": apnumber(n_days)}
