"""What the recommended estimator is measured against, each trained and asked on the same windows as it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier

from mlops.ml.contract import Windows
from mlops.ml.registry import estimator_class

Answer = tuple[npt.NDArray[Any], float]
Model = Callable[[Windows, Windows], Answer]
"""(training windows, held-out windows) → (probabilities or one-hot answers, seconds of training)."""
NO_AEON = "MiniRocket is left out; --aeon takes the Python of an environment with aeon"


def random_forest(train: Windows, test: Windows) -> Answer:
    """Mean, standard deviation, minimum and maximum per channel into 200 trees."""
    started = time.perf_counter()
    model = RandomForestClassifier(200, random_state=0).fit(_statistics(train.x), train.y)
    seconds = time.perf_counter() - started
    proba = np.zeros((len(test), len(train.labels)))
    proba[:, model.classes_] = model.predict_proba(_statistics(test.x))
    return proba, seconds


def estimator(name: str, seed: int = 0, **config: Any) -> Model:
    """One of our own through its public class, with its default settings but for `config`."""

    def run(train: Windows, test: Windows) -> Answer:
        cls = estimator_class(name)
        model = cls(cls.Config(**config), labels=train.labels)
        report = model.fit(train, seed=seed)
        return model.predict_proba(test.x), report.seconds

    return run


def minirocket(python: Path) -> Model:
    """aeon's MiniRocket (10,000 features) with a ridge classifier, in a process of another Python."""
    script = Path(__file__).with_name("minirocket.py")

    def run(train: Windows, test: Windows) -> Answer:
        with tempfile.TemporaryDirectory() as scratch:
            asked, answered = Path(scratch, "asked.npz"), Path(scratch, "answered.npz")
            np.savez(asked, train=train.x, test=test.x, y=np.asarray(train.y))
            subprocess.run([str(python), str(script), str(asked), str(answered)], check=True)  # noqa: S603
            with np.load(answered, allow_pickle=False) as found:
                return np.eye(len(train.labels))[found["answers"]], float(found["seconds"])

    return run


def _statistics(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.hstack([x.mean(1), x.std(1), x.min(1), x.max(1)])
