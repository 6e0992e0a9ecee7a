"""What every model of the library promises: data in, progress out, typed errors, one life cycle.

    errors.py     typed errors
    options.py    settings that a form can be made of
    data.py       examples of any type; windows
    continuing.py going on from a fitted model
    estimator.py  the life cycle: config → fit → answer → save → load → ONNX

The bases of the data types stand in `mlops.ml.bases`.
"""

from mlops.ml.contract.continuing import Continuation
from mlops.ml.contract.data import (
    UNLABELLED,
    Answers,
    BatchedExamples,
    D,
    Examples,
    FloatArray,
    IntArray,
    Windows,
)
from mlops.ml.contract.errors import (
    BadArtifact,
    BadShape,
    BadValue,
    Cancelled,
    CannotContinue,
    MLError,
    NotEnoughData,
    NotFitted,
    UnreadableInput,
    UnsafeFormat,
)
from mlops.ml.contract.estimator import (
    CONFIG_FILE,
    GIVEN,
    TRAINING,
    VALIDATION,
    Estimator,
    OnEpoch,
    OnnxEstimator,
    OnStep,
    TrainingReport,
    ignore,
)
from mlops.ml.contract.options import check_config, option

__all__ = [
    "CONFIG_FILE",
    "GIVEN",
    "TRAINING",
    "UNLABELLED",
    "VALIDATION",
    "Answers",
    "BadArtifact",
    "BadShape",
    "BadValue",
    "BatchedExamples",
    "Cancelled",
    "CannotContinue",
    "Continuation",
    "D",
    "Estimator",
    "Examples",
    "FloatArray",
    "IntArray",
    "MLError",
    "NotEnoughData",
    "NotFitted",
    "OnEpoch",
    "OnStep",
    "OnnxEstimator",
    "TrainingReport",
    "UnreadableInput",
    "UnsafeFormat",
    "Windows",
    "check_config",
    "ignore",
    "option",
]
