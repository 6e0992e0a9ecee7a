"""Opening a foreign artifact: every file by its format, then the estimator's own `load`. For a limited child."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact
from mlops.ml.folders import check_safetensors
from mlops.ml.foreign_probe import Refused, check_graph, read_onnx

PNG = b"\x89PNG\r\n\x1a\n"


def check_folder(folder: Path, estimator: str, example: npt.NDArray[Any] | None) -> int:
    """Check a folder's files, load it, try it on an example; how many files it has. Raises Refused, BadArtifact.

    estimator  module:Class
    """
    try:
        module, _, attribute = estimator.partition(":")
        found = getattr(import_module(module), attribute)
        n_files = check_files(folder, frozenset(getattr(found, "trusted_types", ())))
        loaded = found.load(folder)
        if example is not None:
            try_on(loaded, example)
    except (BadArtifact, MemoryError):
        raise
    except Exception as error:  # parsers raise many unrelated types for a damaged file
        raise Refused(f"it cannot be read as the model it says it is ({type(error).__name__})") from error
    return n_files


def check_files(folder: Path, trusted: frozenset[str]) -> int:
    """Look into every file as its suffix says; how many there are. Raises Refused, BadArtifact.

    trusted  what a .skops file may hold beyond skops' own defaults: `trusted_types` of the estimator's class
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in paths:
        match path.suffix:
            case ".json":
                json.loads(path.read_bytes())
            case ".safetensors":
                check_safetensors(path)
            case ".onnx":
                check_graph(read_onnx(path))
            case ".skops":
                _check_skops(path, trusted)
            case ".txt" | ".md":
                path.read_text("utf-8")
            case ".png":
                if path.read_bytes()[: len(PNG)] != PNG:
                    raise Refused(f"{path.name} is not a PNG file")
            case _:
                raise Refused(f"{path.name} is a file type that is not allowed")
    return len(paths)


def _check_skops(path: Path, trusted: frozenset[str]) -> None:
    from skops.io import get_untrusted_types

    strange = sorted(set(get_untrusted_types(file=path)) - trusted)
    if strange:
        raise Refused(f"{path.name} holds {strange[0][:80]}, which is not on the list of what such a model is made of")


def try_on(estimator: Any, example: Any) -> None:
    """Where its `predict` takes an array, it must answer the example with finite numbers. Raises Refused."""
    try:
        answer = np.asarray(estimator.predict(example))
    except (AttributeError, TypeError):
        return  # it predicts from something else; the scorer is asked before it is registered
    if np.issubdtype(answer.dtype, np.number) and not np.isfinite(answer).all():
        raise Refused("it answers an example with NaN or infinity")
