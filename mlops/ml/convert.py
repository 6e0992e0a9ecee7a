"""Foreign torch weights (.bin, .pt, .pth) → safetensors: the one place where such a file is ever opened.

It happens in a limited child process (`mlops.ml.limited`), with
``torch.load(weights_only=True)``, which builds tensors, plain values and numbers of NumPy, and refuses everything else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact, UnreadableInput, UnsafeFormat
from mlops.ml.limited import Limits, in_child

SUFFIXES = frozenset({".bin", ".pt", ".pth", ".ckpt"})
MAX_BYTES = 4 * 1024**3
CONVERTING = Limits(memory_mib=16 * 1024, cpu_s=300, wall_s=900, file_mib=4 * 1024)
NESTED = ("state_dict", "model_state_dict", "model", "model_pos", "net", "weights")
"""Names under which published checkpoints keep their tensors; the first that fits is taken."""


def convert_weights(source: Path, target: Path) -> dict[str, int]:
    """Write the tensors of a torch file as safetensors; returns {"n_tensors", "n_values"}.

    Raises UnsafeFormat when it holds anything but tensors and plain values, BadArtifact when it is damaged, too large
    or not of this kind. Nothing is left behind then.
    """
    source, target = Path(source), Path(target)
    if source.suffix.lower() not in SUFFIXES:
        raise BadArtifact(f"{source.name} is none of {', '.join(sorted(SUFFIXES))}")
    try:
        if source.stat().st_size > MAX_BYTES:
            raise BadArtifact(f"{source.name} is larger than {MAX_BYTES // 2**30} GiB")
    except OSError as error:
        raise BadArtifact(f"{source} cannot be read") from error
    partial = target.with_name(f".{target.name}.partial")
    try:
        answer = in_child(convert, CONVERTING)(source, partial)
        os.replace(partial, target)
    except UnsafeFormat as error:
        raise UnsafeFormat(f"{source.name} contains more than tensors, and is not read: {error}") from error
    except (BadArtifact, UnreadableInput) as error:
        raise BadArtifact(f"{source.name} cannot be converted: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return answer


def convert(source: Path, target: Path) -> dict[str, int]:
    """What the child does. Raises UnsafeFormat, BadArtifact."""
    import pickle

    import torch
    from safetensors.torch import save_file

    try:
        with torch.serialization.safe_globals(_numbers()):
            found = torch.load(source, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnsafeFormat(str(error).splitlines()[0][:200]) from error
    except MemoryError:
        raise
    except Exception as error:  # torch raises many unrelated types for a damaged file
        raise BadArtifact(type(error).__name__) from error
    tensors = _tensors(found)
    if not tensors:
        raise BadArtifact("there are no tensors in it")
    save_file(tensors, target, metadata={"format": "pt"})
    return {"n_tensors": len(tensors), "n_values": int(sum(value.numel() for value in tensors.values()))}


def _numbers() -> list[Any]:
    """What a number of NumPy is made of: trainers keep their best loss beside the weights."""
    import codecs

    import numpy as np

    scalar = np.float64(0).__reduce__()[0]
    names = ((scalar, "numpy.core.multiarray.scalar"), (scalar, "numpy._core.multiarray.scalar"))
    return [*names, np.dtype, type(np.dtype(np.float64)), type(np.dtype(np.float32)), codecs.encode]


def _tensors(found: Any) -> dict[str, Any]:
    """The tensors by name; shared storage is copied, since safetensors keeps each by itself."""
    import torch

    for name in NESTED:
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            found = found[name]
            break
    if not isinstance(found, dict):
        return {}
    named = {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}
    return {name: value.detach().clone().contiguous() for name, value in named.items()}
