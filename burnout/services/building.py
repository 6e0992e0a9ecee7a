"""Datasets of index days: one shard a person, who judges, and what pages say about it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from burnout.selectors.learning import GENERATED_DAYS, GENERATED_PEOPLE, learning_days
from mlops.kinds.examples import BuildConfig, Built, Group
from mlops.kinds.splitting import hashed_parts, plan_split
from mlops.ml.contract import NotEnoughData, OnStep, option
from mlops.ml.survival.checkins.index_days import HORIZON_DAYS, rows_of
from mlops.ml.survival.dataset import write_manifest, write_shard
from mlops.ml.survival.estimator import MIN_EVENTS

MIN_SPLIT = 5
"""With fewer people the general plan decides: one of them judges."""


@dataclass(frozen=True)
class DaysBuild(BuildConfig):
    """What a dataset of index days may be told. Days of one person are alike: they are never split at random."""

    split: str = option("subjects", "Who the model is tested on.", choices=("subjects", "each"))
    include_generated: bool = option(True, "Add generated people until enough is recorded (burnout only).")
    val_ratio: float = option(0.0, "Share of people in the validation set. These models need none.", min=0.0, max=0.45)
    test_ratio: float = option(0.2, "Share of people in the held-out test set.", min=0.05, max=0.45)
    generated_people: int = option(GENERATED_PEOPLE, "Number of generated people.", min=50, max=5000)
    generated_days: int = option(GENERATED_DAYS, "Days for each generated person.", min=150, max=1000)

    WORDS: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "split": {name: words for name, words in BuildConfig.WORDS["split"].items() if name != "random"},
    }


def dataset_fill(*, task: Any, parameters: Mapping[str, Any], directory: Path, on_step: OnStep) -> Built:
    """Write shards and manifest of everything that may be learned from now. Raises NotEnoughData."""
    config = DaysBuild(**parameters)
    found = learning_days(
        outcome=task.input["outcome"], include_generated=config.include_generated, on_step=on_step,
        generated_people=config.generated_people, generated_days=config.generated_days,
    )  # fmt: skip
    rows = [rows_of(days) for days in found.days if len(days.people)]
    if not rows:
        raise NotEnoughData("No one has shared 14 days of check-ins for training yet")
    n_events = sum(int(days.events.sum()) for days in found.days)
    if n_events < MIN_EVENTS:
        raise NotEnoughData(_too_few(n_events, has_generated=found.n_generated > 0))
    per_subject: dict[str, dict[str, int]] = {}
    for part in rows:
        subjects = np.unique(part.groups)
        for number, subject in enumerate(subjects):
            on_step(number, len(subjects))
            own = part.take(part.groups == subject)
            write_shard(directory, str(subject), own)
            n_rows = int(own.event.sum())
            per_subject[str(subject)] = {"event": n_rows, "no event": len(own) - n_rows}
    hit = {name for name, counts in per_subject.items() if counts["event"]}
    split = split_facts(list(per_subject), config, hit)
    parts = split["parts"]
    per_label = Counter[str]()
    for counts in per_subject.values():
        per_label.update(counts)
    sources = {
        "recorded people": found.n_people, "generated people": found.n_generated, "answered days": found.n_answered,
        "outcomes": n_events, **({"days left out": found.n_left_out} if found.n_left_out else {}),
    }  # fmt: skip
    facts = {
        "outcome": task.input["outcome"], "horizon_days": HORIZON_DAYS, "generated": found.n_generated > 0,
        "split": {**split, "parts": {}}, "seed": config.seed, "sources": sources,
    }  # fmt: skip
    manifest = write_manifest(directory, features=rows[0].features, parts=parts, facts=facts)
    return Built(
        content_hash=manifest["content_hash"],
        facts={
            "n_examples": sum(per_label.values()), "per_label": dict(per_label), "per_subject": per_subject,
            "split": split, "sources": sources, "generated": facts["generated"],
            "n_generated_subjects": found.n_generated,
        },
        groups={name: Group(parts[name], sum(counts.values()), owner=name) for name, counts in per_subject.items()},
    )  # fmt: skip


def _too_few(n: int, *, has_generated: bool) -> str:
    """Why so many outcomes cannot teach, and what to do about it."""
    word = f"{'' if has_generated else 'recorded '}{'outcome is' if n == 1 else 'outcomes are'}"
    more = ": generate more people or days" if has_generated else ""
    return f"{n} {word} too few to train on; at least {MIN_EVENTS} of this kind are needed{more}"


def split_facts(subjects: list[str], config: DaysBuild, hit: set[str]) -> dict[str, Any]:
    """Shares of the people validate and judge, the others teach; with "each", everybody judges a model of all others.

    Those whom it hit and those whom it did not are split alike, so that few people can be judged at all; each by a
    hash of their own name, so that nobody who joins or leaves moves the others.
    """
    plan = plan_split(subjects, how=config.split, seed=config.seed)
    if config.split != "subjects" or len(subjects) < MIN_SPLIT:
        return plan.facts()
    parts: dict[str, str] = {}
    for group in (sorted(set(subjects) & hit), sorted(set(subjects) - hit)):
        parts |= hashed_parts(group, seed=config.seed, val_ratio=config.val_ratio, test_ratio=config.test_ratio)
    return {**plan.facts(), "parts": parts, "note": ""}
