"""A lifter without training, and clips of landmarks: its size is fixed, so nothing smaller would be read."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from mlops.ml.biomechanics.lifting.motionbert import DSTformer


def clip(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(100, 500, (n, 17, 2)), rng.uniform(0.3, 1, (n, 17))


def lifter(folder: Path) -> Path:
    torch.manual_seed(3)
    save_file(DSTformer().state_dict(), folder / "model.safetensors")
    return folder
