"""Who is learned from and who judges: subjects to parts, honest about too few people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mlops.ml.contract import BadValue, NotEnoughData

How = Literal["subjects", "each", "random"]
FRACTION = 0.15


@dataclass(frozen=True)
class SplitPlan:
    """parts is subject → "train", "val" or "test"; "train" for all with how="each", "mixed" for all with "random".

    leaky  neighbouring windows of one person lie in two parts, so that scores are too good
    note   what a page must say about it; empty when there is nothing to say
    """

    how: How
    seed: int
    parts: dict[str, str] = field(default_factory=dict)
    leaky: bool = False
    note: str = ""

    def subjects_in(self, part: str) -> list[str]:
        return sorted(subject for subject, own in self.parts.items() if own == part)

    def facts(self) -> dict[str, Any]:
        """For manifests and pages."""
        return {"how": self.how, "seed": self.seed, "leaky": self.leaky, "note": self.note, "parts": dict(self.parts)}


def plan_split(subjects: Sequence[str], *, how: str = "subjects", seed: int = 0) -> SplitPlan:
    """Leave whole subjects out: about 15 % for validation and 15 % for the test, at least one each.

    With two subjects there is no test part: the second one validates and judges, and the note says so.
    "each" lets every subject judge a model of all others (leave one subject out), then all of them teach.
    One subject alone raises NotEnoughData. "random" mixes windows of everybody and is marked leaky.
    """
    names = sorted(set(subjects))
    if not names:
        raise NotEnoughData("There is nothing to learn from yet: label a recording first")
    if how == "random":
        note = "Windows were split at random: the same people are on both sides, so the scores are too good."
        return SplitPlan("random", seed, dict.fromkeys(names, "mixed"), True, note)
    if how not in ("subjects", "each"):
        raise BadValue(f"the split is by subjects, each or random, not {how!r}")
    if len(names) == 1:
        raise NotEnoughData(
            "There is only one person. A model of one person cannot be judged on anybody else: "
            "record a second one, or choose the random split"
        )
    if how == "each":
        note = "Each person is judged by a model of all others; the model that is kept learns from everybody."
        return SplitPlan("each", seed, dict.fromkeys(names, "train"), False, note)
    mixed = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    if len(names) == 2:
        note = "There are only two people: the second one both validates and judges. Record a third for an honest test."
        return SplitPlan("subjects", seed, {mixed[0]: "train", mixed[1]: "val"}, False, note)
    n_each = max(1, round(len(names) * FRACTION))
    parts = dict.fromkeys(mixed, "train")
    parts |= dict.fromkeys(mixed[:n_each], "val") | dict.fromkeys(mixed[n_each : 2 * n_each], "test")
    return SplitPlan("subjects", seed, parts)
