"""The estimators by name, loaded when asked for: reading this list imports no torch."""

from __future__ import annotations

from importlib import import_module

from mlops.ml.contract import BadValue, Estimator

_ESTIMATORS: dict[str, dict[str, str]] = {
    "sensors": {
        "random_kernels": "mlops.ml.sensors.random_kernels:RandomKernels",
        "bilstm": "mlops.ml.sensors.bilstm:BiLSTM",
        "rnn": "mlops.ml.sensors.rnn:RNN",
        "cnn": "mlops.ml.sensors.cnn:CNN",
        "tcn": "mlops.ml.sensors.tcn:TCN",
        "patchtst": "mlops.ml.sensors.patchtst:PatchTST",
        "random_forest": "mlops.ml.sensors.random_forest:RandomForest",
        "lightgbm": "mlops.ml.sensors.lightgbm:LightGBM",
    },
    "phases": {
        "phase_tcn": "mlops.ml.sensors.phase_nets:PhaseTCN",
        "phase_bilstm": "mlops.ml.sensors.phase_nets:PhaseBiLSTM",
    },
    "survival": {
        "cox_ph": "mlops.ml.survival.cox:CoxPH",
        "risk_forest": "mlops.ml.survival.trees:RiskForest",
        "risk_boosting": "mlops.ml.survival.trees:RiskBoosting",
    },
}


def register(domain: str, name: str, path: str) -> None:
    """Add an estimator of an app's own: ``path`` is ``module:Class``; registering it again replaces it."""
    _ESTIMATORS.setdefault(domain, {})[name] = path


def estimators() -> dict[str, str]:
    """Return every estimator's name with its import path ``module:Class``."""
    return {name: path for domain in _ESTIMATORS.values() for name, path in domain.items()}


def estimator_names(domain: str = "sensors") -> list[str]:
    """Return the names of one domain's estimators, the recommended one first."""
    return list(_ESTIMATORS.get(domain, {}))


def estimator_class(name: str) -> type[Estimator]:
    """Load an estimator's class by its name. Raises BadValue for an unknown one."""
    path = estimators().get(name)
    if path is None:
        raise BadValue(f"there is no estimator {name!r}; known are {', '.join(estimators())}")
    module, _, attribute = path.partition(":")
    found: type[Estimator] = getattr(import_module(module), attribute)
    return found
