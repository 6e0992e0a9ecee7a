"""A network of poses in an ONNX file: on the graphics card where ONNX Runtime has one, else on the processor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.foreign import MAX_MODEL_BYTES

GPU, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Tensor:
    """A tensor as the file states it; a size that may vary is None."""

    name: str
    shape: tuple[int | None, ...]


class OnnxNetwork:
    """One input. Raises BadArtifact where the file is no such network, BadValue for a device that is not there.

    meta  what the file says about itself
    """

    def __init__(self, path: Path, device: str = "auto", threads: int = 1) -> None:
        import onnxruntime

        if path.stat().st_size > MAX_MODEL_BYTES:
            raise BadArtifact(f"a model may have at most {MAX_MODEL_BYTES // 2**20} MiB")
        self.path, providers = path, providers_for(device, onnxruntime.get_available_providers())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=providers)
            (given,) = self._session.get_inputs()
            self.input = _tensor(given)
            self.outputs = tuple(map(_tensor, self._session.get_outputs()))
            self.meta: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        except Exception as error:  # the library raises many unrelated types for a foreign file
            raise BadArtifact(f"{path.name} is not a network of poses in ONNX: {str(error)[:200]}") from error
        self.device = "cuda" if self._session.get_providers()[0] == GPU else "cpu"

    def run(self, values: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """Every output. Raises BadArtifact."""
        try:
            answers: list[Any] = self._session.run(None, {self.input.name: values})
        except Exception as error:  # many unrelated types
            raise BadArtifact(f"{self.path.name} cannot answer: {str(error)[:200]}") from error
        return [np.asarray(one, np.float32) for one in answers]


def providers_for(device: str, available: list[str]) -> list[str]:
    """What ONNX Runtime is asked for. Raises BadValue for an unknown device, or a graphics card that is not there."""
    if device.split(":")[0] not in DEVICES:
        raise BadValue(f"device is one of {', '.join(DEVICES)}")
    if device == "cpu":
        return [CPU]
    if GPU in available:
        return [GPU, CPU]
    if device != "auto":
        raise BadValue("this ONNX Runtime has no CUDA; onnxruntime-gpu has, in the place of onnxruntime")
    return [CPU]


def onnx_in(path: Path) -> Path:
    """The ONNX file that a path names, or the only one in a folder. Raises BadArtifact."""
    if path.is_file():
        return path
    found = sorted(path.rglob("*.onnx"))
    if len(found) != 1:
        raise BadArtifact(f"{path.name} must contain one ONNX file; it has {len(found) or 'none'}")
    return found[0]


def _tensor(given: Any) -> Tensor:
    return Tensor(given.name, tuple(size if isinstance(size, int) and size > 0 else None for size in given.shape))
