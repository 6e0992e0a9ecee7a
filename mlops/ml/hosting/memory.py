"""Giving memory back to the system after a model has gone."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys

MIB = 1024 * 1024


def memory_release() -> None:
    """Collect cycles, empty torch's cache on a GPU where one was used, and let glibc give back its free pages."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
