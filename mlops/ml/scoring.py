"""Answers from a model artifact with ONNX Runtime alone: the only inference the web process runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.artifact import read_manifest
from mlops.ml.contract import Answers, BadArtifact, BadShape, BadValue, FloatArray
from mlops.ml.foreign_session import bounded_session, is_foreign
from mlops.ml.quick_graph import quicker
from mlops.ml.remote import REMOTE_FILE, RemoteSession
from mlops.ml.windows import Scaler, WindowSpec, normalise

MODEL_FILE = "model.onnx"


def open_session(artifact: Path, manifest: Mapping[str, Any], *, threads: int = 1) -> Any:
    """A session of a verified artifact's `model.onnx`, bounded where it was made elsewhere. Raises BadArtifact."""
    import onnxruntime

    if MODEL_FILE not in manifest["files"]:
        raise BadArtifact(f"{Path(artifact).name} contains no {MODEL_FILE}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        if is_foreign(manifest):
            return bounded_session(str(Path(artifact) / MODEL_FILE), options)
        session = onnxruntime.InferenceSession(
            str(Path(artifact) / MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )
        return quicker(Path(artifact) / MODEL_FILE, session, options)
    except Exception as error:  # onnxruntime raises many unrelated types for an unusable model
        raise BadArtifact(f"{Path(artifact).name} cannot be loaded: {error}") from error


class OnnxAnswers:
    """The `model.onnx` of any estimator: inputs by name → answers by name, as its `onnx_answer` gives them."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._names = [one.name for one in session.get_outputs()]

    @classmethod
    def open(cls, artifact: Path) -> OnnxAnswers:
        """Verify an artifact and load its model. Raises BadArtifact."""
        return cls(open_session(artifact, read_manifest(artifact)))

    def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> Answers:
        """Raises BadShape for inputs that the model does not take."""
        try:
            return dict(zip(self._names, self._session.run(None, dict(inputs)), strict=True))
        except BadArtifact:
            raise
        except Exception as error:  # onnxruntime raises many unrelated types for wrong inputs
            raise BadShape(f"the model does not take this: {error}") from error


class OnnxScorer:
    """One model version, ready to answer; `score` may be called from several threads at once.

    labels    class names, in the order of the probability columns
    spec      how the signal must be cut and normalised
    scaler    the training set's scaler, or None
    layout    ``{"name", "channels", "rate_hz"}`` of the signal
    manifest  everything else the artifact says about itself
    """

    def __init__(self, session: Any, manifest: Mapping[str, Any]) -> None:
        self._session = session
        self.manifest = dict(manifest)
        self.labels: tuple[str, ...] = tuple(manifest["labels"])
        self.layout: dict[str, Any] = dict(manifest["layout"])
        self.spec = WindowSpec.from_json(manifest["window_spec"])
        scaler = manifest.get("scaler")
        self.scaler = None if scaler is None else Scaler.from_json(scaler)
        if self.spec.normalisation == "dataset" and self.scaler is None:
            raise BadArtifact("the model needs a scaler and its artifact has none")
        self.window_shape = (self.spec.length, len(self.layout["channels"]))
        if [i.name for i in session.get_inputs()] != ["input"]:
            raise BadArtifact("the model has no single input named input")

    @classmethod
    def open(cls, artifact: Path, *, threads: int = 1) -> OnnxScorer:
        """Verify a model artifact and load its `model.onnx`. Raises BadArtifact."""
        manifest = read_manifest(artifact)
        session = open_session(artifact, manifest, threads=threads)
        try:
            if REMOTE_FILE in manifest["files"]:
                facts = json.loads(Path(artifact, REMOTE_FILE).read_text())
                session = RemoteSession(facts, manifest["labels"], session)
            return cls(session, manifest)
        except BadArtifact:
            raise
        except Exception as error:  # a manifest of another maker may hold anything
            raise BadArtifact(f"{Path(artifact).name} cannot be loaded: {error}") from error

    @property
    def remote(self) -> RemoteSession | None:
        """The address that answers, for a remote model; the ONNX file is then what answers while it is away."""
        return self._session if isinstance(self._session, RemoteSession) else None

    def score_raw(self, windows: npt.NDArray[Any]) -> FloatArray:
        """Return (n, classes) probabilities of (n, length, channels) windows as they were measured.

        A model that names every sample answers (n, length, classes).
        """
        self._check(windows)
        return self._run(normalise(windows, self.spec, self.scaler))

    def score(self, windows: FloatArray) -> FloatArray:
        """Return (n, classes) probabilities of already normalised (n, length, channels) windows."""
        self._check(windows)
        return self._run(np.ascontiguousarray(windows, dtype=np.float32))

    def _check(self, windows: npt.NDArray[Any]) -> None:
        if windows.ndim != 3 or windows.shape[1:] != self.window_shape:
            raise BadShape(f"the model answers windows of {self.window_shape}, not {windows.shape[1:]}")
        if not np.isfinite(windows).all():
            raise BadValue("windows contain NaN or infinity")

    def _run(self, x: FloatArray) -> FloatArray:
        if len(x) == 0:
            per_sample = len(self._session.get_outputs()[0].shape) == 3
            return np.zeros((0, *self.window_shape[: int(per_sample)], len(self.labels)), np.float32)
        answer: FloatArray = self._session.run(["probabilities"], {"input": x})[0]
        return answer
