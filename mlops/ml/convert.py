"""Foreign torch weights (.bin, .pt, .pth) → safetensors: the one place where such a file is ever opened.

It happens in a child process without secrets, with limits on memory, time and file size, and with
``torch.load(weights_only=True)``, which builds tensors and refuses everything else.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact, UnsafeFormat

SUFFIXES = frozenset({".bin", ".pt", ".pth", ".ckpt"})
MAX_BYTES = 4 * 1024**3
MEMORY_BYTES = 16 * 1024**3
CPU_S, WALL_S = 300, 900
NESTED = ("state_dict", "model_state_dict", "model", "model_pos", "net", "weights")
"""Names under which published checkpoints keep their tensors; the first that fits is taken."""
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from mlops.ml.convert import main; main()"
_MAY_SEE = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


def convert_weights(source: Path, target: Path) -> dict[str, Any]:
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
    root = str(Path(__file__).resolve().parents[2])
    partial = target.with_name(f".{target.name}.partial")
    command = [sys.executable, "-c", _START, root, str(source.resolve()), str(partial.resolve())]
    environment = {name: os.environ[name] for name in _MAY_SEE if name in os.environ}
    try:
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(  # noqa: S603  our own module, fixed arguments
                command, capture_output=True, timeout=WALL_S, env={**environment, "HOME": home}, cwd=home, check=False
            )
        lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
        answer = json.loads(lines[-1]) if lines else {"damaged": "it wants too much memory or time"}
        if "unsafe" in answer:
            raise UnsafeFormat(f"{source.name} holds more than tensors, and is not read: {answer['unsafe']}")
        if "damaged" in answer:
            raise BadArtifact(f"{source.name} cannot be converted: {answer['damaged']}")
        os.replace(partial, target)
    except subprocess.TimeoutExpired as error:
        raise BadArtifact(f"converting {source.name} took too long") from error
    finally:
        partial.unlink(missing_ok=True)
    return dict(answer)


def main() -> None:
    """The child process: limits, read, write, one JSON line."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, MAX_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    print(json.dumps(_convert(Path(sys.argv[1]), Path(sys.argv[2]))), flush=True)


def _convert(source: Path, target: Path) -> dict[str, Any]:
    import pickle

    import torch
    from safetensors.torch import save_file

    try:
        found = torch.load(source, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        return {"unsafe": str(error).splitlines()[0][:200]}
    except Exception as error:  # torch raises many unrelated types for a damaged file
        return {"damaged": f"{type(error).__name__}"}
    tensors = _tensors(found)
    if not tensors:
        return {"damaged": "there are no tensors in it"}
    save_file(tensors, target, metadata={"format": "pt"})
    return {"n_tensors": len(tensors), "n_values": int(sum(value.numel() for value in tensors.values()))}


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
