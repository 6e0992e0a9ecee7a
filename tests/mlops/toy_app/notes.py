"""Naming the mood of a short note: examples are texts, not arrays."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlops.kinds.examples import Built, ExampleSpec, Group, SourceSummary
from mlops.kinds.judging import JudgingRules
from mlops.kinds.labels import LabelKind
from mlops.kinds.splitting import plan_split
from mlops.ml.contract import NotEnoughData
from tests.mlops.toy_app.words import CountedWords

LABELS = ("glad", "sad")
WORDS = {"glad": "bright sunny dance laugh", "sad": "grey rain alone tired"}


@dataclass(frozen=True)
class Notes:
    """x: texts; y (n,) positions in `labels`; groups (n,) who wrote each."""

    x: list[str]
    y: np.ndarray
    groups: np.ndarray
    labels: tuple[str, ...] = LABELS

    def __len__(self) -> int:
        return len(self.x)

    def take(self, which: np.ndarray) -> "Notes":
        chosen = np.arange(len(self))[which]
        return Notes([self.x[i] for i in chosen], self.y[chosen], self.groups[chosen], self.labels)


class Mood(LabelKind):
    """Is a note glad or sad?"""

    name = "toy_mood"
    title = "Mood of a note"
    estimators = ("toy_words",)
    example = ExampleSpec("note", "notes", "", "writer", "writers")
    judging = JudgingRules(min_groups=1, min_examples=1)
    """Its people are pretended: one judge is enough for the tests of everything else."""

    def check_input(self, value: Any) -> dict[str, Any]:
        return {}

    def summary(self, task: Any) -> SourceSummary:
        return SourceSummary(6, 48, {label: 24.0 for label in LABELS})

    def build(self, task: Any, parameters: Any, directory: Path, on_step: Any) -> Built:
        writers = [f"w{i}" for i in range(6)]
        plan = plan_split(writers, how=parameters["split"], seed=parameters["seed"])
        for number, writer in enumerate(writers):
            rng = np.random.default_rng(number)
            notes = []
            for i in range(8):
                label = LABELS[i % 2]
                words = rng.choice(WORDS[label].split(), 3).tolist()
                notes.append({"text": " ".join(words), "label": label})
            folder = directory / "shards" / writer
            folder.mkdir(parents=True)
            (folder / "notes.json").write_text(json.dumps(notes))
        (directory / "manifest.json").write_text(json.dumps({"parts": plan.parts}))
        facts = {"n_examples": 48, "split": plan.facts(), "sources": {"notes": 48}}
        return Built("b" * 64, facts, {name: Group(plan.parts[name], 8, owner=name) for name in writers})

    def load(self, directory: Path, part: str) -> Notes:
        parts = json.loads((directory / "manifest.json").read_text())["parts"]
        texts, y, groups = [], [], []
        for writer in sorted(name for name in parts if parts[name] == part):
            for note in json.loads((directory / "shards" / writer / "notes.json").read_text()):
                texts.append(note["text"])
                y.append(LABELS.index(note["label"]))
                groups.append(writer)
        if not texts:
            raise NotEnoughData("There are no notes in this part")
        return Notes(texts, np.array(y), np.array(groups))

    def manifest(self, directory: Path) -> dict[str, Any]:
        return {"labels": list(LABELS)}

    def outputs(self, estimator: Any, data: Notes) -> np.ndarray:
        return estimator.predict_proba(data.x)

    def scorer(self, path: Path) -> "Served":
        return Served(CountedWords.load(path))

    def example_input(self, manifest: Any) -> list[str]:
        return ["sunny"]


class Served:
    """What answers online."""

    def __init__(self, model: CountedWords) -> None:
        self.model = model

    def answer(self, texts: list[str]) -> np.ndarray:
        return self.model.predict_proba(texts)
