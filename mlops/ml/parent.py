"""Processes that end with the one that started them, so that a killed parent leaves nobody behind.

Source: prctl(2), PR_SET_PDEATHSIG. The wish belongs to the one process that makes it: a fork does not inherit it, exec
keeps it, and it is the end of the parent's *thread* that counts, so start children from a thread that lasts.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel (Linux) to kill this process when its parent ends; elsewhere nothing happens.

    parent  process id of the parent; when it has ended already, this process ends at once
    """
    if sys.platform != "linux":
        return
    parent = parent or os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we had asked
        os.kill(os.getpid(), signal.SIGKILL)
