"""Reading the files of a fetched part; a file that is not what it should be is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact

MAX_BYTES = 64 << 20


def unpacked(path: Path) -> bytes:
    """The content of a .gz file. Raises BadArtifact: missing, damaged, more than MAX_BYTES."""
    try:
        with gzip.open(path) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError) as error:
        raise BadArtifact(f"{path.name} is missing or damaged") from error
    if len(data) > MAX_BYTES:
        raise BadArtifact(f"{path.name} holds more than it may")
    return data


def json_of(path: Path) -> dict[str, Any]:
    """An object from a .json or .json.gz file. Raises BadArtifact."""
    try:
        found = json.loads(unpacked(path) if path.suffix == ".gz" else path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadArtifact(f"{path.name} is missing or damaged") from error
    if not isinstance(found, dict):
        raise BadArtifact(f"{path.name} holds something else")
    return found


def onnx_session(path: Path, threads: int, *, inputs: tuple[str, ...]) -> Any:
    """An ONNX session on the processor whose inputs are named `inputs`. Raises BadArtifact.

    Memory patterns and the arena's growth by doubling are off: every sentence has another length.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_mem_pattern = False
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime has an error class for each kind of damage
        raise BadArtifact(f"{path.name} is no network that can be opened") from error
    found = tuple(one.name for one in session.get_inputs())
    if found != inputs:
        raise BadArtifact(f"{path.name} asks for {', '.join(found)} instead of {', '.join(inputs)}")
    return session
