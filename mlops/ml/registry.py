"""The estimators by name, loaded when asked for: reading this list imports no torch."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mlops.ml.contract import BadValue

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
    "embeddings": {"embedding_head": "mlops.ml.vision.movement.embedding_head:EmbeddingHead"},
    "biomechanics": {
        "gnn_lstm": "mlops.ml.biomechanics.estimator:GraphLSTM",
    },
    "survival": {
        "cox_ph": "mlops.ml.survival.cox:CoxPH",
        "risk_forest": "mlops.ml.survival.trees:RiskForest",
        "risk_boosting": "mlops.ml.survival.trees:RiskBoosting",
    },
}


_DATA_TYPES: dict[str, str] = {
    "sensors": "windows", "phases": "windows", "embeddings": "rows", "biomechanics": "sequences", "survival": "rows",
}  # fmt: skip


def register(domain: str, name: str, path: str, *, data_type: str = "") -> None:
    """Add an estimator of an app's own: ``path`` is ``module:Class``; registering it again replaces it.

    data_type  what the domain's estimators learn from, said once for a new domain: windows, rows, images, sequences,
               audio, texts, or an app's own word. Raises BadValue where the domain learns from something else.
    """
    if data_type and _DATA_TYPES.setdefault(domain, data_type) != data_type:
        raise BadValue(f"the estimators of {domain} learn from {_DATA_TYPES[domain]}, not from {data_type}")
    _ESTIMATORS.setdefault(domain, {})[name] = path


def domains() -> dict[str, str]:
    """Return every domain with the data type of its estimators, "" where nobody said."""
    return {domain: _DATA_TYPES.get(domain, "") for domain in _ESTIMATORS}


def data_type_of(name: str) -> str:
    """Return what an estimator learns from; its class is asked only where its domain does not say. Raises BadValue."""
    for domain, names in _ESTIMATORS.items():
        if name in names and domain in _DATA_TYPES:
            return _DATA_TYPES[domain]
    return str(getattr(estimator_class(name), "data_type", ""))


def estimators() -> dict[str, str]:
    """Return every estimator's name with its import path ``module:Class``."""
    return {name: path for domain in _ESTIMATORS.values() for name, path in domain.items()}


def estimator_names(domain: str = "sensors") -> list[str]:
    """Return the names of one domain's estimators, the recommended one first."""
    return list(_ESTIMATORS.get(domain, {}))


def estimator_class(name: str) -> type[Any]:
    """Load an estimator's class by its name: an `Estimator` of its domain's data type. Raises BadValue."""
    path = estimators().get(name)
    if path is None:
        raise BadValue(f"there is no estimator {name!r}; known are {', '.join(estimators())}")
    module, _, attribute = path.partition(":")
    found: type[Any] = getattr(import_module(module), attribute)
    return found
