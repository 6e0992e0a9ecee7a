"""The second way to train: the Trainer of transformers, held to what the plain loop promises."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.ml.contract import Estimator, Windows
from mlops.ml.registry import estimator_class
from tests.ml.test_estimators import SMALL, TEST, TRAIN, VALIDATION


def make(name: str = "cnn", **config: Any) -> Estimator:
    cls = estimator_class(name)
    return cls(cls.Config(**{**SMALL[name], "trainer": "hf", **config}))


def test_it_learns_and_the_seed_decides() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second, other = make(), make(), make()
    report = first.fit(TRAIN, validation=VALIDATION, seed=3)
    named = {"epoch", "learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy"}
    assert set(report.curve[0]) == named
    second.fit(TRAIN, validation=VALIDATION, seed=3)
    other.fit(TRAIN, validation=VALIDATION, seed=4)
    assert (first.predict(TEST.x) == TEST.y).mean() > 0.6
    assert np.array_equal(first.predict_proba(TEST.x), second.predict_proba(TEST.x))
    assert not np.array_equal(first.predict_proba(TEST.x), other.predict_proba(TEST.x))
    best = max(report.curve, key=lambda row: row["val_accuracy"])  # the first of equals
    assert report.metrics["val_accuracy"] == best["val_accuracy"]
    assert report.metrics["best_epoch"] == best["epoch"]
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002  other people's generators stay untouched


def test_a_killed_one_goes_on_and_leaves_no_pickle(tmp_path: Path) -> None:
    whole = make()
    whole.fit(TRAIN, validation=VALIDATION, seed=3)

    def die(row: dict[str, float]) -> None:
        if row["epoch"] == 3:
            raise KeyboardInterrupt

    fit: dict[str, Any] = {"validation": VALIDATION, "seed": 3, "checkpoint_dir": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        make().fit(TRAIN, on_epoch=die, **fit)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".json", ".safetensors"}
    again, steps, heard = make(), [], []
    report = again.fit(TRAIN, on_step=lambda done, total: steps.append(done), on_epoch=heard.append, **fit)
    assert heard == report.curve
    assert len(report.curve) == SMALL["cnn"]["epochs"]
    assert steps[0] == 2 * 6 + 1  # two epochs of six steps were not repeated
    assert np.array_equal(again.predict_proba(TEST.x), whole.predict_proba(TEST.x))


def test_a_broken_checkpoint_is_no_checkpoint(tmp_path: Path) -> None:
    make(epochs=2).fit(TRAIN, seed=1, checkpoint_dir=tmp_path)
    for path in tmp_path.rglob("training.json"):
        path.write_text("{")
    steps: list[int] = []
    make(epochs=2).fit(TRAIN, seed=1, checkpoint_dir=tmp_path, on_step=lambda done, total: steps.append(done))
    assert steps[0] == 1


@pytest.mark.parametrize("trainer", ["loop", "hf"])
def test_it_stops_early_when_nothing_gets_better(trainer: str) -> None:
    easy = Windows(np.sign(TRAIN.y - 1.0)[:, None, None] * np.ones_like(TRAIN.x), TRAIN.y, TRAIN.groups, TRAIN.labels)
    report = make(trainer=trainer, epochs=40, patience=2, warmup_steps=0).fit(easy, validation=easy.take(easy.y >= 0))
    assert len(report.curve) < 40
    assert report.curve[-1]["epoch"] == report.metrics["best_epoch"] + 2


@pytest.mark.parametrize("trainer", ["loop", "hf"])
def test_rare_classes_count_more_with_class_weights(trainer: str) -> None:
    rng = np.random.default_rng(0)
    rare = np.concatenate([np.flatnonzero(TRAIN.y != 1), np.flatnonzero(TRAIN.y == 1)[:4]])
    few = TRAIN.take(rare)
    noisy = Windows((few.x * 0 + rng.normal(size=few.x.shape)).astype(np.float32), few.y, few.groups, few.labels)
    answers = {}
    for weighted in (False, True):
        estimator = make(trainer=trainer, epochs=8, class_weights=weighted, warmup_steps=0)
        estimator.fit(noisy)
        answers[weighted] = estimator.predict_proba(noisy.x)[:, 1].mean()
    assert answers[True] > 1.3 * answers[False]


def test_the_trainer_stays_silent_and_away_from_the_net(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    def refuse(*_: Any) -> Callable[..., Any]:
        raise AssertionError("somebody called out")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    make(epochs=1).fit(TRAIN, validation=VALIDATION)
    assert capfd.readouterr().out == ""
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
