"""Who is learned from and who judges: whole groups to parts, honest about too few of them."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mlops.kinds.examples import RATIOS, ExampleSpec
from mlops.ml.contract import BadValue, NotEnoughData

How = Literal["subjects", "each", "random"]
PEOPLE = ExampleSpec()
_SOMEBODY = 1e-9
"""A ratio that one group fills."""
EACH_BELOW = 8
"""With fewer groups each one judges in turn ("auto"): one or two kept aside would say little about the next person."""
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


def groups_check(names: Iterable[str]) -> None:
    """Raise BadValue for a group that cannot name a folder: its data lies in shards/<group>/ and goes with it."""
    if wrong := [name for name in names if not _GROUP.fullmatch(name)]:
        raise BadValue(f"{wrong[0][:40]!r} is not a valid group name: use 1 to 32 letters, digits, _ or -")


@dataclass(frozen=True)
class SplitPlan:
    """parts is subject → "train", "val" or "test"; "train" for all with how="each", "mixed" for all with "random".

    leaky  examples of one group lie in two parts, so that scores are too good
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


def hashed_parts(names: Sequence[str], *, seed: int, val_ratio: float, test_ratio: float) -> dict[str, str]:
    """Group → "train", "val" or "test". Each is drawn by a hash of its own name and the seed, whoever else is there:
    who joins or leaves moves nobody else, unless they stand alone in their part.

    A ratio of 0 leaves its part empty, any other gives it one group at least; and one stays for training.
    """
    ordered = sorted(names, key=lambda name: (_draw(name, seed), name))
    draws = [_draw(name, seed) for name in ordered]
    n_test = max(int(test_ratio > 0), sum(draw < test_ratio for draw in draws))
    n_both = max(n_test + int(val_ratio > 0), sum(draw < test_ratio + val_ratio for draw in draws))
    n_both = max(0, min(n_both, len(ordered) - 1))
    n_test = min(n_test, n_both - int(val_ratio > 0 and n_both > 1))
    parts = dict.fromkeys(ordered, "train")
    return parts | dict.fromkeys(ordered[:n_test], "test") | dict.fromkeys(ordered[n_test:n_both], "val")


def _draw(name: str, seed: int) -> float:
    """A number from 0 to 1 that belongs to a name for ever."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8], "big") / 2**64


def plan_split(
    subjects: Sequence[str],
    *,
    how: str = "subjects",
    seed: int = 0,
    ratios: tuple[float, float] = RATIOS,
    example: ExampleSpec = PEOPLE,
) -> SplitPlan:
    """Leave whole groups (subjects) out: about `ratios` of them for validation and for the test, at least one each;
    see `hashed_parts` for who.

    With two groups there is no test part: the second one validates and judges, and the note says so.
    "each" lets every group judge a model of all others (leave one group out), then all of them teach. "auto" is
    "each" with fewer than eight groups, else "subjects".
    One group alone raises NotEnoughData. "random" mixes examples of all groups and is marked leaky: `load` takes
    the parts out of them with `mlops.ml.splits.random_split`. `example` gives the words of the notes.
    """
    names = sorted(set(subjects))
    groups_check(names)
    if not names:
        raise NotEnoughData(f"There are no {example.words} to train on yet")
    if chosen := how == "auto":
        how = "each" if 1 < len(names) < EACH_BELOW else "subjects"
    if how == "random":
        note = (
            f"{example.words.capitalize()} were split at random, so the same {example.groups} are in training and "
            "test. The scores are too optimistic."
        )
        return SplitPlan("random", seed, dict.fromkeys(names, "mixed"), True, note)
    if how not in ("subjects", "each"):
        raise BadValue(f"the split is auto, or by subjects, each or random, not {how!r}")
    if len(names) == 1:
        raise NotEnoughData(
            f"There is only one {example.group}. Add a second one to test the model on, or choose the random split"
        )
    if how == "each":
        who = f"Only {example.count_groups(len(names))}: each" if chosen else f"Each {example.group}"
        note = f"{who} is evaluated by a model trained on the others. The final model is trained on all of them."
        return SplitPlan("each", seed, dict.fromkeys(names, "train"), False, note)
    if len(names) == 2:
        note = (
            f"There are only two {example.groups}, so the second is both validation and test set. Add a third for "
            "an honest test."
        )
        return SplitPlan("subjects", seed, hashed_parts(names, seed=seed, val_ratio=0.5, test_ratio=0.0), False, note)
    if sum(ratios) >= 1:
        raise BadValue("these ratios leave nothing to train on")
    val_ratio, test_ratio = (max(ratio, _SOMEBODY) for ratio in ratios)
    return SplitPlan("subjects", seed, hashed_parts(names, seed=seed, val_ratio=val_ratio, test_ratio=test_ratio))
