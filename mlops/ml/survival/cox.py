"""Cox's proportional hazards with an L1 penalty, and a person's survival curve with its uncertainty."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import (
    BadArtifact,
    BadValue,
    Continuation,
    NotEnoughData,
    NotFitted,
    OnEpoch,
    OnStep,
    TrainingReport,
    option,
)
from mlops.ml.feature_scaler import Table
from mlops.ml.survival.estimator import SurvivalEstimator
from mlops.ml.survival.rows import SurvivalRows

FILE = "cox_ph_model.json"
Z95 = 1.959963984540054
MIN_SPREAD = 1e-6
"""Of a column, in standard deviations, before it is worth a coefficient."""


@dataclass(frozen=True)
class CoxConfig:
    """As in `lifelines.CoxPHFitter`."""

    penalty: float = option(0.01, "Regularisation strength", min=0.0, max=10.0)
    l1_ratio: float = option(1.0, "1 = L1 (drops weak features), 0 = L2 (shrinks them)", min=0.0, max=1.0)
    horizon: float = option(90.0, "Prediction horizon in days", min=1.0, max=3650.0)


@dataclass(frozen=True)
class HazardRatio:
    """exp(β) for one standard deviation more of a feature, with its 95 % interval."""

    feature: str
    ratio: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class CoxModel:
    """The fitted parameters, on z-values.

    beta, mean   (p,) coefficients, and the z-values' mean at fitting
    covariance   (p, p) of beta, robust against several rows of one person (sandwich; Lin & Wei 1989)
    times        (k,) event times; `cumulative` (k,) Breslow's cumulative baseline hazard at `mean`
    variance     (k,) Σ d/S0²; `shift` (k, p) Σ x̄·d/S0: the two sums that a curve's variance needs
    """

    beta: Table
    mean: Table
    covariance: Table
    times: Table
    cumulative: Table
    variance: Table
    shift: Table

    def log_ratio(self, z: Table) -> Table:
        """(n,) β·(z − mean)."""
        found: Table = (z - self.mean) @ self.beta
        return found

    def cumulative_at(self, t: npt.ArrayLike) -> Table:
        """Baseline cumulative hazard at times `t`: a step function, 0 before the first event."""
        at = np.searchsorted(self.times, np.asarray(t, np.float64), side="right")
        return np.concatenate([[0.0], self.cumulative])[at]

    def curve(self, z: Table, t: npt.ArrayLike) -> tuple[Table, Table, Table]:
        """Survival of one person (z is (p,)) at times `t` with a 95 % band: (S, low, high), each like `t`.

        S(t|x) = exp(−Λ(t|x)), Λ(t|x) = r·Λ0(t), r = exp(β·(x − m)), and
        Var Λ(t|x) = r²·[Σ d/S0² + q'·V·q],  q(t) = Σ (x − m − x̄)·d/S0
        (Klein & Moeschberger, Survival Analysis, 2003, 8.8), turned into limits on the log(−log) scale.
        """
        at = np.searchsorted(self.times, np.asarray(t, np.float64), side="right")
        ratio = float(np.exp(self.log_ratio(z[None])[0]))
        base = np.concatenate([[0.0], self.cumulative])[at]
        variance = np.concatenate([[0.0], self.variance])[at]
        shift = np.concatenate([np.zeros((1, len(self.beta))), self.shift])[at]
        q = (z - self.mean)[None] * base[:, None] - shift
        spread = np.sqrt(np.maximum(variance + np.einsum("ki,ij,kj->k", q, self.covariance, q), 0.0))
        relative = np.divide(spread, base, out=np.zeros_like(base), where=base > 0)
        hazard = ratio * base
        survival = np.exp(-hazard)
        return survival, np.exp(-hazard * np.exp(Z95 * relative)), np.exp(-hazard * np.exp(-Z95 * relative))


class CoxPH(SurvivalEstimator):
    """Cox regression (Cox 1972): hazards of two people keep one ratio, exp(β·(x − y)), over time."""

    name = "cox_ph"
    title = "Cox proportional hazards"
    summary = "A survival curve for each person, with interpretable hazard ratios. Start here."
    Config = CoxConfig
    continues = "warm start"

    def __init__(self, config: CoxConfig | None = None, *, labels: Any = ()) -> None:
        super().__init__(config, labels=labels)
        self._model: CoxModel | None = None

    @property
    def model(self) -> CoxModel:
        """The fitted parameters. Raises NotFitted."""
        if self._model is None:
            raise NotFitted("cox_ph has not been fitted or loaded")
        return self._model

    def hazard_ratios(self) -> list[HazardRatio]:
        """One for each feature, in their order; p is Wald's, two-sided."""
        from scipy.stats import norm

        model = self.model
        se = np.sqrt(np.maximum(np.diag(model.covariance), 0.0))
        found = []
        for name, beta, error in zip(self.features, model.beta, se, strict=True):
            p = float(2 * norm.sf(abs(beta) / error)) if error > 0 else 1.0
            low, high = np.exp(beta - Z95 * error), np.exp(beta + Z95 * error)
            found.append(HazardRatio(name, float(np.exp(beta)), float(low), float(high), p))
        return found

    def survival(self, x: Table, t: npt.ArrayLike) -> tuple[Table, Table, Table]:
        """A person's curve at times `t` with its 95 % band; x is (features,), NaN for unknown."""
        self._must_be_fitted()
        return self.model.curve(self.scaler.apply(np.asarray(x, np.float64)[None])[0], t)

    def _fit_rows(
        self, z: Table, train: SurvivalRows, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        return self._regress(z, train, on_epoch, np.zeros(z.shape[1]))

    def _fit_on(
        self, after: Continuation, z: Table, train: SurvivalRows, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        """All rows again from the coefficients before: the likelihood has one maximum, so this is the full fit."""
        return self._regress(z, train, on_epoch, after.before.model.beta)

    def _regress(self, z: Table, train: SurvivalRows, on_epoch: OnEpoch, start: Table) -> TrainingReport:
        import pandas as pd
        from lifelines import CoxPHFitter
        from lifelines.exceptions import ConvergenceError
        from lifelines.utils import concordance_index

        varies = np.ptp(z, axis=0) > MIN_SPREAD
        if not varies.any():
            raise NotEnoughData("all rows are alike: there is nothing to train on")
        table = pd.DataFrame(z[:, varies], columns=[f"x{i}" for i in np.flatnonzero(varies)])
        table["time"], table["event"] = train.time, train.event
        is_repeated = len(np.unique(train.groups)) < len(train)
        if is_repeated:
            table["who"] = train.groups
        fitter = CoxPHFitter(penalizer=self.config.penalty, l1_ratio=self.config.l1_ratio)
        try:
            fitter.fit(
                table, "time", "event", cluster_col="who" if is_repeated else None,
                initial_point=start[varies] if start.any() else None,
            )  # fmt: skip
        except (ConvergenceError, np.linalg.LinAlgError) as error:
            raise BadValue(f"the regression does not converge on these rows: {error}") from error
        baseline = fitter.baseline_cumulative_hazard_
        # a column that never varies (a team that does not measure HRV) has no effect
        p = len(varies)
        beta, mean, covariance = np.zeros(p), np.zeros(p), np.zeros((p, p))
        beta[varies], mean[varies] = fitter.params_.to_numpy(float), z[:, varies].mean(axis=0)
        covariance[np.ix_(varies, varies)] = fitter.variance_matrix_.to_numpy(float)
        events = baseline.index.to_numpy(float)
        variance, shift = _breslow_sums(z - mean, train.time, train.event, beta, events)
        self._model = CoxModel(
            beta, mean, covariance, events, baseline.iloc[:, 0].to_numpy(float), variance, shift
        )
        concordance = float(concordance_index(train.time, -self._model.log_ratio(z), train.event))
        row = {"train_c_index": concordance, "log_likelihood": float(fitter.log_likelihood_)}
        on_epoch(row)
        return TrainingReport(row, [row], n_parameters=len(beta))

    def _predict(self, z: Table) -> npt.NDArray[np.float64]:
        base = float(self.model.cumulative_at(self.config.horizon))
        return np.asarray(-np.expm1(-base * np.exp(self.model.log_ratio(z))))

    def _drivers(self, z: Table) -> npt.NDArray[np.float64]:
        """β·(z − mean): a linear model's SHAP values with independent features (Lundberg & Lee 2017)."""
        return (z - self.model.mean) * self.model.beta

    def _save_model(self, directory: Path) -> None:
        facts = {name: np.asarray(value).tolist() for name, value in asdict(self.model).items()}
        (directory / FILE).write_text(json.dumps(facts) + "\n", "utf-8")

    def _load_model(self, directory: Path, n_features: int) -> None:
        facts = json.loads((directory / FILE).read_text("utf-8"))
        model = CoxModel(**{name: np.asarray(value, np.float64) for name, value in facts.items()})
        p, k = n_features, len(model.times)
        shapes = ((p,), (p,), (p, p), (k,), (k,), (k,), (k, p))
        parts = (
            model.beta, model.mean, model.covariance, model.times, model.cumulative, model.variance, model.shift,
        )
        if any(part.shape != shape or not np.isfinite(part).all() for part, shape in zip(parts, shapes, strict=True)):
            raise BadArtifact(f"{FILE} holds numbers that do not belong together")
        self._model = model


def _breslow_sums(
    x: Table, time: Table, event: npt.NDArray[np.bool_], beta: Table, at: Table
) -> tuple[Table, Table]:
    """Σ d/S0² and Σ x̄·d/S0 up to each time of `at` (sorted); x is centred."""
    order = np.argsort(-time, kind="stable")
    weight = np.exp(x @ beta)[order]
    s0 = np.cumsum(weight)
    s1 = np.cumsum(weight[:, None] * x[order], axis=0)
    # the risk set of time t are all rows with time >= t: the first n of the descending order
    n_at_risk = np.searchsorted(-time[order], -at, side="right")
    n_events = np.array([(event & (time == t)).sum() for t in at], np.float64)
    has = n_at_risk > 0
    risk = np.where(has, s0[np.maximum(n_at_risk - 1, 0)], 1.0)
    centre = s1[np.maximum(n_at_risk - 1, 0)] / risk[:, None]
    step = n_events / risk
    return np.cumsum(step / risk), np.cumsum(centre * step[:, None], axis=0)
