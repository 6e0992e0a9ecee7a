"""How a killed training goes on from its last epoch: tensors as safetensors, everything else as JSON.

A checkpoint is a folder `epoch-00012/` with `state.safetensors` and `state.json`, written beside and renamed, so that
a reader finds a whole one or none. The JSON names the training it belongs to and the hash of the tensors; a
checkpoint of another training or with a changed byte is passed over.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor
from torch.optim import Optimizer

STATE, FACTS = "state.safetensors", "state.json"
FORMAT = 1


def write_checkpoint(
    root: Path, epoch: int, fingerprint: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]
) -> Path:
    """Write `root/epoch-<epoch>/`, then remove older ones; returns its path."""
    target = root / f"epoch-{epoch:05d}"
    partial = root / f".{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    raw = save({name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()})
    (partial / STATE).write_bytes(raw)
    digest = hashlib.sha256(raw).hexdigest()
    known = {"format": FORMAT, "fingerprint": fingerprint, "epoch": epoch, "sha256": digest, **facts}
    (partial / FACTS).write_text(json.dumps(known, allow_nan=False), "utf-8")
    for path in (partial / STATE, partial / FACTS):
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    shutil.rmtree(target, ignore_errors=True)
    os.rename(partial, target)
    for old in _checkpoints(root):
        if old != target:
            shutil.rmtree(old, ignore_errors=True)
    return target


def read_checkpoint(root: Path, fingerprint: str) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Return (tensors, facts) of the newest whole checkpoint of this training, None without one."""
    for path in reversed(_checkpoints(root)):
        try:
            facts = json.loads((path / FACTS).read_text("utf-8"))
            raw = (path / STATE).read_bytes()
            if facts["format"] != FORMAT or facts["fingerprint"] != fingerprint:
                continue
            if hashlib.sha256(raw).hexdigest() == facts["sha256"]:
                return load(raw), facts
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            continue
    return None


def training_fingerprint(name: str, config: Any, numbers: list[int], parts: list[Any]) -> str:
    """One hash over what makes two trainings the same.

    numbers  seed and number of processes
    parts    (how many, labels, truth, inputs of some examples) of the training and validation data, or None
    """
    digest = hashlib.sha256(json.dumps([name, asdict(config), numbers], sort_keys=True).encode())
    for part in parts:
        if part is None:
            continue
        n, labels, y, some = part
        digest.update(repr((n, labels)).encode())
        for group in (y if isinstance(y, Mapping) else {"": y}, some):
            for key, values in group.items():
                array = np.ascontiguousarray(values)
                digest.update(repr((key, array.shape, str(array.dtype))).encode())
                digest.update(array.tobytes())
    return digest.hexdigest()


def optimiser_to(optimiser: Optimizer) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """Return an optimiser's tensors by name and its parameter groups as JSON-ready values."""
    state = optimiser.state_dict()
    tensors = {
        f"optimiser.{number}.{key}": value for number, own in state["state"].items() for key, value in own.items()
    }
    return tensors, state["param_groups"]


def optimiser_from(optimiser: Optimizer, tensors: Mapping[str, Tensor], groups: list[dict[str, Any]]) -> None:
    """Put back what `optimiser_to` took."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, number, key = name.split(".", 2)
            state.setdefault(int(number), {})[key] = value
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def named(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors below a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _checkpoints(root: Path) -> list[Path]:
    return sorted(path for path in Path(root).glob("epoch-*") if path.is_dir())
