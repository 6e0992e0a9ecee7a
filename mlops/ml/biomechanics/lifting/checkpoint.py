"""Weights of MotionBERT from a folder: `model.safetensors`, or a published checkpoint, converted once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact
from mlops.ml.convert import SUFFIXES, convert_weights

WEIGHTS = "model.safetensors"
PREFIX = "module."
"""Published checkpoints were written by a network that was spread over several devices."""


def weights_in(folder: Path) -> Path:
    """The safetensors of a folder; a torch file beside it is converted in a limited child first.

    Raises BadArtifact, UnsafeFormat.
    """
    ready = sorted(folder.glob("*.safetensors"))
    if (folder / WEIGHTS) in ready:
        return folder / WEIGHTS
    if len(ready) == 1:
        return ready[0]
    torch_files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if len(torch_files) != 1:
        raise BadArtifact(f"{folder.name} must contain {WEIGHTS} or one checkpoint ({', '.join(sorted(SUFFIXES))})")
    convert_weights(torch_files[0], folder / WEIGHTS)
    return folder / WEIGHTS


def load_network(folder: Path) -> Any:
    """A `DSTformer` of the lite version with the weights of a folder, ready to answer. Raises BadArtifact."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from mlops.ml.biomechanics.lifting.motionbert import DSTformer

    path, network = weights_in(folder), DSTformer()
    try:
        tensors = {name.removeprefix(PREFIX): value.float() for name, value in load_file(path).items()}
    except (SafetensorError, OSError) as error:
        raise BadArtifact(f"{path.name} is damaged: {str(error)[:200]}") from error
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in tensors.items()}
    wrong = sorted(name for name in wanted.keys() | given.keys() if wanted.get(name) != given.get(name))
    if wrong:
        name = wrong[0]
        raise BadArtifact(
            f"{path.name} is not MotionBERT-Lite: {name} is {given.get(name, 'missing')}, wanted {wanted.get(name)}"
        )
    network.load_state_dict(tensors)
    return network.eval()
