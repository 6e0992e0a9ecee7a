"""A file of embeddings → a head, and how it does on clips that it has not seen."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.artifact import write_artifact
from mlops.ml.bases.rows import Rows
from mlops.ml.contract import NotEnoughData
from mlops.ml.metrics import classification_report
from mlops.ml.vision.movement.embedding import OF_LANDMARKS, vector_names
from mlops.ml.vision.movement.embedding_file import Embedded
from mlops.ml.vision.movement.embedding_head import EmbeddingHead, EmbeddingHeadConfig

TEST_SHARE = 0.3
MODEL_FILE = "model.onnx"


def rows_of(embedded: Embedded) -> Rows:
    """Labelled stretches as rows; the group of each is its clip. Raises NotEnoughData."""
    known = embedded.labelled()
    labels = tuple(sorted(set(known.labels.tolist())))
    if len(labels) < 2:
        raise NotEnoughData("a head needs at least two labels")
    y = np.array([labels.index(one) for one in known.labels], np.int64)
    return Rows(known.vectors, y, known.clips, features_of(embedded), labels)


def features_of(embedded: Embedded) -> tuple[str, ...]:
    """Names of the columns."""
    if embedded.by in OF_LANDMARKS:
        return vector_names(embedded.by)
    return tuple(f"vector {number}" for number in range(embedded.vectors.shape[1]))


def train_head(
    embedded: Embedded, output: Path, config: EmbeddingHeadConfig, *, seed: int = 0, question: str = "exercise",
    command: str = "", code_version: str = "",
) -> tuple[Path, dict[str, Any]]:  # fmt: skip
    """Evaluate on whole clips held out, then write the artifact of the head that learned from the others.

    Returns its folder and the metrics: those of `classification_report`, `baseline_accuracy` (the commonest label of
    training), `n_clips` and `n_test_clips`. Raises NotEnoughData, BadValue, BadArtifact.
    """
    rows = rows_of(embedded)
    clips = np.unique(rows.groups)
    if len(clips) < 2:
        raise NotEnoughData("a head is judged on clips that it has not seen: two at least")
    drawn = np.random.default_rng(seed).permutation(clips)
    held_out = drawn[: max(1, round(TEST_SHARE * len(clips)))]
    is_test = np.isin(rows.groups, held_out)
    train, test = rows.take(~is_test), rows.take(is_test)
    head = EmbeddingHead(config, labels=rows.labels)
    head.fit(train, seed=seed)
    probabilities = np.asarray(head.answer(test)["probabilities"])
    truth = np.asarray(test.y, np.int64)
    metrics: dict[str, Any] = dict(classification_report(truth, probabilities, tuple(map(str, rows.labels))))
    commonest = int(np.bincount(np.asarray(train.y)).argmax())
    metrics |= {
        "baseline_accuracy": float((truth == commonest).mean()), "n_clips": len(clips),
        "n_test_clips": len(held_out), "embedding": embedded.by, "generated": embedded.is_generated, "seed": seed,
    }  # fmt: skip

    def fill(folder: Path) -> None:
        head.save(folder)
        head.export_onnx(folder / MODEL_FILE)

    manifest = {
        "kind": "movement_head", "estimator": head.name, "config": asdict(head.config), "labels": list(rows.labels),
        "features": list(rows.features), "embedding": embedded.by, "question": question, "seed": seed,
        "metrics": {name: metrics[name] for name in ("accuracy", "f1_macro", "baseline_accuracy")},
        "generated": embedded.is_generated, "origin": command, "code_version": code_version,
    }  # fmt: skip
    return write_artifact(output.parent, output.name, fill, manifest), metrics
