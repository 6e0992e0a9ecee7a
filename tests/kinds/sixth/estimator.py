"""Tempo by a bag of words: softmax regression for the label, ridge regression for the beats per minute."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.bases.targets import targets_of
from mlops.ml.bases.texts import TextEstimator, Texts
from mlops.ml.contract import GIVEN, UNLABELLED, BadShape, NotEnoughData, TrainingReport, option

LABEL, NUMBER = "tempo", "bpm"
MODEL_FILE = "words.json"

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WordsConfig:
    """Settings of the two regressions."""

    epochs: int = option(60, "Steps of the softmax, all texts at once", min=1, max=2000)
    rate: float = option(1.0, "Length of a step", min=0.001, max=10.0)
    decay: float = option(0.001, "Pull of the label's weights towards zero", min=0.0, max=10.0)
    penalty: float = option(1.0, "Pull of the number's weights towards zero", min=0.001, max=1000.0)
    max_words: int = option(500, "Words that are known at most", min=1, max=20000)


class WordBag(TextEstimator[Texts]):
    """Knows the words that occurred in at least two texts; their order is no matter."""

    name = "tempo_words"
    title = "Bag of words"
    summary = "Softmax for the tempo and a ridge for the beats per minute, from the words of a text."
    Config = WordsConfig

    words: tuple[str, ...]
    label_weights: Array
    number_weights: Array

    def _check(self, data: Texts, part: str) -> None:
        super()._check(data, part)
        if part != GIVEN and set(targets_of(data)) != {LABEL, NUMBER}:
            raise BadShape(f"The truth of a text is its {LABEL} and its {NUMBER}.")

    def _facts_of(self, train: Texts) -> dict[str, Any]:
        return {"classes": list(_classes(train))}

    def _check_alike(self, data: Texts, facts: Mapping[str, Any]) -> None:
        names = _classes(data)
        if names and list(names) != facts["classes"]:
            raise BadShape("These texts have other labels than those that were learned.")

    def _fit(self, train: Texts, validation: Texts | None, on_step: Any, on_epoch: Any, seed: int) -> TrainingReport:
        self.words = _vocabulary(train.texts, self.config.max_words)
        if not self.words:
            raise NotEnoughData("No word occurs in two texts.")
        x = self._counts(train.texts)
        y, bpm = targets_of(train)[LABEL], np.asarray(targets_of(train)[NUMBER], float)
        labelled, numbered = y != UNLABELLED, np.isfinite(bpm)
        self.number_weights = _ridge(x[numbered], bpm[numbered], self.config.penalty)
        truth = np.eye(len(self.facts["classes"]))[y[labelled]]
        self.label_weights = np.zeros((x.shape[1], truth.shape[1]))
        curve: list[dict[str, float]] = []
        on_step(0, self.config.epochs)
        for epoch in range(1, self.config.epochs + 1):
            gap = _softmax(x[labelled] @ self.label_weights) - truth
            slope = x[labelled].T @ gap / len(gap) + self.config.decay * self.label_weights
            self.label_weights = self.label_weights - self.config.rate * slope
            curve.append({"epoch": float(epoch), **self._figures(train, "train")})
            if validation is not None:
                curve[-1] |= self._figures(validation, "val")
            on_epoch(curve[-1])
            on_step(epoch, self.config.epochs)
        final = {name: value for name, value in curve[-1].items() if name != "epoch"}
        return TrainingReport(final, curve, n_parameters=self.label_weights.size + self.number_weights.size)

    def _answer(self, data: Texts) -> dict[str, npt.NDArray[Any]]:
        x = self._counts(data.texts)
        # One sum for each text, so that its neighbours in a batch change no digit.
        scores = (x[:, :, None] * self.label_weights[None]).sum(axis=1)
        return {LABEL: _softmax(scores), NUMBER: (x * self.number_weights).sum(axis=1)}

    def _save(self, directory: Path) -> None:
        kept = {"words": self.words, "label": self.label_weights.tolist(), "number": self.number_weights.tolist()}
        (directory / MODEL_FILE).write_text(json.dumps(kept))

    def _load(self, directory: Path) -> None:
        kept = json.loads((directory / MODEL_FILE).read_text())
        self.words = tuple(kept["words"])
        self.label_weights, self.number_weights = np.array(kept["label"]), np.array(kept["number"])

    def _counts(self, texts: Sequence[str]) -> Array:
        """(n, words + 1): how often each known word occurs, dampened, and a column of ones."""
        place = {word: i for i, word in enumerate(self.words)}
        x = np.zeros((len(texts), len(place) + 1))
        for row, text in zip(x, texts, strict=True):
            for word in words_of(text):
                if word in place:
                    row[place[word]] += 1.0
        x = np.log1p(x)
        x[:, -1] = 1.0
        return x

    def _figures(self, data: Texts, part: str) -> dict[str, float]:
        answers = self._answer(data)
        y, bpm = targets_of(data)[LABEL], np.asarray(targets_of(data)[NUMBER], float)
        labelled, numbered = y != UNLABELLED, np.isfinite(bpm)
        right = answers[LABEL].argmax(axis=1)[labelled] == y[labelled]
        gaps = np.abs(answers[NUMBER] - bpm)[numbered]
        figures = {f"{part}_accuracy": right, f"{part}_mae": gaps}
        return {name: float(values.mean()) for name, values in figures.items() if len(values)}


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"[^\W\d_]+", text.lower())


def _classes(data: Texts) -> tuple[str, ...]:
    return tuple(data.labels.get(LABEL, ())) if isinstance(data.labels, Mapping) else tuple(data.labels)


def _vocabulary(texts: Sequence[str], most: int) -> tuple[str, ...]:
    seen = Counter(word for text in texts for word in set(words_of(text)))
    common = [word for word, n in seen.items() if n >= 2]
    return tuple(sorted(sorted(common, key=lambda word: (-seen[word], word))[:most]))


def _ridge(x: Array, y: Array, penalty: float) -> Array:
    """Least squares; the last column, the level, is not pulled."""
    pull = penalty * np.eye(x.shape[1])
    pull[-1, -1] = 1e-9
    return np.linalg.solve(x.T @ x + pull, x.T @ y)


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
