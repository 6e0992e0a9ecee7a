"""A naive Bayes of words whose model is several files, one of them in a folder of its own. It knows no Django."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from safetensors.numpy import load_file, save_file

from mlops.ml.contract import BadArtifact, TrainingReport, ignore, option


@dataclass(frozen=True)
class WordsConfig:
    """How much a word counts that was never seen."""

    smoothing: float = option(1.0, "Added to every count", min=0.01, max=10.0)


class CountedWords:
    """Naive Bayes; `vocabulary/words.json` and `counts.safetensors`."""

    name: ClassVar[str] = "toy_words"
    title: ClassVar[str] = "Counted words"
    summary: ClassVar[str] = "How often a word comes with a mood."
    Config: ClassVar[type] = WordsConfig

    def __init__(self, config: WordsConfig | None = None, *, labels: Any = ()) -> None:
        self.config, self.labels = config or WordsConfig(), tuple(labels)

    def fit(
        self, train: Any, *, validation: Any = None, on_step: Any = ignore, on_epoch: Any = ignore, seed: int = 0
    ) -> TrainingReport:
        self.words = sorted({word for text in train.x for word in text.split()})
        self.counts = np.full((len(self.labels), len(self.words) + 1), self.config.smoothing, np.float32)
        for text, label in zip(train.x, train.y, strict=True):
            for word in text.split():
                self.counts[label, self.words.index(word)] += 1
        return TrainingReport({"n_words": float(len(self.words))}, [], 0.0, self.counts.size)

    def predict_proba(self, texts: list[str]) -> np.ndarray:
        known = {word: i for i, word in enumerate(self.words)}
        share = np.log(self.counts / self.counts.sum(axis=1, keepdims=True))
        columns = [[known.get(word, len(known)) for word in text.split()] for text in texts]
        score = np.array([share[:, own].sum(axis=1) for own in columns])
        e = np.exp(score - score.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def save(self, directory: Path) -> None:
        (directory / "vocabulary").mkdir()
        facts = {"config": asdict(self.config), "labels": self.labels, "words": self.words}
        (directory / "vocabulary" / "words.json").write_text(json.dumps(facts))
        save_file({"counts": self.counts}, directory / "counts.safetensors")

    @classmethod
    def load(cls, directory: Path) -> "CountedWords":
        try:
            facts = json.loads((directory / "vocabulary" / "words.json").read_text())
            model = cls(WordsConfig(**facts["config"]), labels=facts["labels"])
            model.words, model.counts = facts["words"], load_file(directory / "counts.safetensors")["counts"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadArtifact("there are no counted words here") from error
        if model.counts.shape != (len(model.labels), len(model.words) + 1):
            raise BadArtifact("its counts are those of other words")
        return model
