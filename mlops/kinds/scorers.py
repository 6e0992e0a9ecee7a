"""How kept models answer, whatever their data: the scorer that a kind has without writing one."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlops.kinds.batches import outputs_of
from mlops.ml.artifact import read_manifest
from mlops.ml.registry import estimator_class
from mlops.ml.scoring import MODEL_FILE, OnnxAnswers


class ModelScorer:
    """A verified artifact of an estimator of `mlops.ml`: its ONNX file, or where `whole` the estimator itself.

    examples  values as measured, with the manifest → unlabelled examples, as the estimator's data type has them
    """

    def __init__(self, path: Path, examples: Callable[[Any, Mapping[str, Any]], Any], *, whole: bool = False) -> None:
        self.manifest, self.examples = read_manifest(path), examples
        self.onnx = None if whole or MODEL_FILE not in self.manifest["files"] else OnnxAnswers.open(path)
        self.estimator = estimator_class(self.manifest["estimator"]).load(path) if self.onnx is None else None

    def answer(self, values: Any) -> Any:
        """Outputs of values as measured, as `TaskKind.outputs` gives them."""
        data = self.examples(values, self.manifest)
        if self.onnx is None:
            assert self.estimator is not None
            return outputs_of(self.estimator.answer(data))
        return outputs_of(self.onnx.run(data.batch(np.arange(len(data)))))
