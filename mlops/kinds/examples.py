"""What an example of a kind is, what a dataset build is asked and what it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from django.utils.translation import gettext

from mlops.kinds.marking import gettext_noop as _
from mlops.ml.contract import option
from web.numbers import spelled

RATIOS = (0.15, 0.15)
"""Shares of the groups that validate and that test."""


@dataclass(frozen=True)
class ExampleSpec:
    """What people call one example, what much of it is counted in, and which examples must stay together.

    word, words    "window", "windows"
    unit           of labelled amounts on pages: "s" is shown as minutes, anything else as a count with the unit
    group, groups  what a split never tears apart: "person" and "people", "video" and "videos"
    sources        what examples are cut from and ML staff label: "recordings", "photos"
    """

    word: str = _("example")
    words: str = _("examples")
    unit: str = ""
    group: str = _("person")
    groups: str = _("people")
    sources: str = _("examples")

    def in_language(self) -> "ExampleSpec":
        """The same in the language of whoever reads."""
        own = {name: gettext(getattr(self, name)) for name in ("word", "words", "group", "groups", "sources")}
        return replace(self, **own)

    def count(self, n: int) -> str:
        """ "1,240 windows"."""
        return f"{spelled(n, ',')} {self.word if n == 1 else self.words}"

    def count_groups(self, n: int) -> str:
        """ "3 people"."""
        return f"{spelled(n, ',')} {self.group if n == 1 else self.groups}"

    def amount(self, value: float) -> str:
        """A labelled amount as people read it: "12.5 min", "40 photos"."""
        if self.unit == "s":
            return f"{spelled(value / 60, '.1f')} min"
        return f"{spelled(value, ',.0f')} {self.unit or self.words}"


@dataclass(frozen=True)
class BuildConfig:
    """What a dataset build may be told; a kind subclasses it and names its own options with `option`.

    WORDS  option → value → words for people, where the value alone does not say it; {group} and {groups} are the
           kind's words
    """

    split: str = option("subjects", _("Who the model is tested on."), choices=("subjects", "each", "random"))
    seed: int = option(0, _("The same seed and data give the same split."), min=0, max=2**31 - 1)
    include_generated: bool = option(True, _("Add generated examples until enough is recorded."))
    val_ratio: float = option(RATIOS[0], _("Share of groups in the validation set."), min=0.0, max=0.45)
    test_ratio: float = option(RATIOS[1], _("Share of groups in the held-out test set."), min=0.0, max=0.45)

    WORDS: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "split": {
            "subjects": _("By {groups} (recommended)"),
            "each": _("Leave one {group} out (for few {groups})"),
            "random": _("Random 80/20 (scores are too optimistic)"),
        },
    }


@dataclass(frozen=True)
class BalancedBuildConfig(BuildConfig):
    """The same for kinds whose examples carry one of several labels."""

    balance: str = option("none", _("How to balance the labels."), choices=("none", "downsample", "upsample"))

    WORDS: ClassVar[Mapping[str, Mapping[str, str]]] = {
        **BuildConfig.WORDS,
        "balance": {
            "none": _("As recorded"),
            "downsample": _("Downsample to the rarest label"),
            "upsample": _("Repeat rare labels"),
        },
    }


@dataclass(frozen=True)
class Group:
    """One shard of a dataset: what a split keeps together.

    part    "train", "val" or "test"
    owner   pseudonym of the person it goes with when they are erased; empty for nobody
    rights  why it may be used where it belongs to nobody: a licence, a statement
    """

    part: str
    n_examples: int
    owner: str = ""
    rights: str = ""


@dataclass(frozen=True)
class Built:
    """What a dataset builder leaves: facts for pages and the part of every group."""

    content_hash: str
    facts: dict[str, Any]
    """JSON for pages; every key is optional:

    n_examples   int
    per_label    {label: examples}
    per_subject  {group: {label: examples}}: the table of balance
    split        SplitPlan.facts(): how, leaky, seed, note
    sources      {"recordings": 12, "spans": 96} or any other counts by name
    generated    True when any group was made by a generator
    n_generated_subjects
    rights       [statement]: of groups that belong to nobody
    added        [sentence]: what the kind added beside everybody's examples, how much of it and from where
    and anything the kind's own pages want
    """
    groups: Mapping[str, Group]


@dataclass(frozen=True)
class SourceSummary:
    """What could be learned from now: for the board and the build form.

    amounts  label (or another name) → how much of it, in the unit of the kind's ExampleSpec
    """

    n_groups: int
    n_sources: int
    amounts: dict[str, float] = field(default_factory=dict)
    n_generated: int = 0
    n_proposed: int = 0
    """Labels that wait for a yes or no, corrections among them."""

    @property
    def amount(self) -> float:
        """All of it together."""
        return sum(self.amounts.values())


@dataclass(frozen=True)
class InputField:
    """One question of the "new task" form; the answers become the `input` given to `check_input`."""

    name: str
    title: str
    choices: tuple[tuple[str, str], ...] = ()
    """(value, words); empty for free text."""
    help: str = ""
    initial: str = ""
