"""Arrays that lie on disk and are read piece by piece, for datasets larger than memory.

The file has no name: it is gone when the array is, also after a crash. Its pages belong to the system's file cache,
which gives them up whenever memory is needed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from mlops.ml.contract import FloatArray

MAP_ABOVE_BYTES = int(os.environ.get("FITBALANCE_MAP_ABOVE_BYTES", 1024**3))
"""Windows that need more than this lie on disk instead of in memory."""


def float_array(shape: tuple[int, ...], beside: Path, *, map_above: int | None = None) -> FloatArray:
    """Return an array to be filled: in memory, or on the disk of the folder `beside` when it is large."""
    limit = MAP_ABOVE_BYTES if map_above is None else map_above
    n_bytes = 4 * int(np.prod(shape))
    if n_bytes <= limit:
        return np.empty(shape, np.float32)
    folder = beside if os.access(beside, os.W_OK) else None
    with tempfile.TemporaryFile(dir=folder) as file:
        file.truncate(n_bytes)
        return np.memmap(file, np.float32, "r+", shape=shape)
