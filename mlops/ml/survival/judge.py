"""How good risks are: ranking, probability, and both with an interval over people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import NotEnoughData
from mlops.ml.intervals import groups_interval
from mlops.ml.survival.rows import SurvivalRows

Risks = npt.NDArray[np.float64]
Judge = Callable[[Risks, SurvivalRows], float]


def c_index(risk: Risks, rows: SurvivalRows) -> float:
    """Harrell's concordance: of two rows of which one is known to have gone wrong first, how often that one had
    the higher risk (ties count half). 0.5 is chance. Raises NotEnoughData without any such pair."""
    from lifelines.utils import concordance_index

    try:
        return float(concordance_index(rows.time, -risk, rows.event))
    except ZeroDivisionError:
        raise NotEnoughData("no two rows can be compared") from None


def auc(risk: Risks, happened: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a row with the event has the higher risk (Mann & Whitney 1947)."""
    from scipy.stats import rankdata

    n_yes, n_no = int(happened.sum()), int((~happened).sum())
    if not n_yes or not n_no:
        raise NotEnoughData("all rows end alike, so nothing can be ranked")
    return float((rankdata(risk)[happened].sum() - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))


def brier(risk: Risks, happened: npt.NDArray[np.bool_]) -> float:
    """Mean squared error of the probabilities (Brier 1950); lower is better."""
    return float(np.mean((risk - happened) ** 2))


def calibration_slope(risk: Risks, happened: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """(slope, intercept) of the true log odds on the answered ones (Cox 1958): 1 and 0 are right, a slope below
    1 means that high risks are too high and low ones too low. By Newton's method."""
    logit = np.log(np.clip(risk, 1e-9, 1 - 1e-9) / (1 - np.clip(risk, 1e-9, 1 - 1e-9)))
    x, beta = np.stack([np.ones_like(logit), logit], axis=1), np.zeros(2)
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        weight = np.maximum(p * (1 - p), 1e-12)
        step = np.linalg.solve((x * weight[:, None]).T @ x + 1e-9 * np.eye(2), x.T @ (happened - p))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return float(beta[1]), float(beta[0])


@dataclass(frozen=True)
class Bin:
    """People with similar risks: what was answered on average, what happened, and how many rows."""

    answered: float
    happened: float
    n: int


def calibration_bins(risk: Risks, happened: npt.NDArray[np.bool_], n_bins: int = 10) -> list[Bin]:
    """Bins of equal size, from the lowest risks to the highest."""
    parts = np.array_split(np.argsort(risk, kind="stable"), n_bins)
    return [Bin(float(risk[part].mean()), float(happened[part].mean()), len(part)) for part in parts if len(part)]


def interval(judge: Judge, risk: Risks, rows: SurvivalRows, *, n: int = 200, seed: int = 0) -> tuple[float, float]:
    """95 % interval of a figure by drawing people (not rows) with replacement, `n` times.

    Raises NotEnoughData when more than half of the draws cannot be judged."""
    return groups_interval(lambda drawn: judge(risk[drawn], rows.take(drawn)), rows.groups, n=n, seed=seed)


def horizon_auc(horizon: float) -> Judge:
    """AUC of "within the horizon" over the rows that know it, as a judge of rows."""

    def judge(risk: Risks, rows: SurvivalRows) -> float:
        known, happened = rows.within(horizon)
        return auc(risk[known], happened[known])

    return judge
