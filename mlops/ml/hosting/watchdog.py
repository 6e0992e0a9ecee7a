"""Ends the process when a model does not come back, so that the supervisor starts a fresh one.

Two cases. A model that hangs while other threads run is seen here, and the log names it. Native code that hangs *and*
holds the interpreter lock stops this thread as well: faulthandler's own thread, which needs no lock, then writes where
every thread stands and ends the process.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading

from mlops.ml.hosting.host import Host

log = logging.getLogger(__name__)

EXIT_STUCK = 70


def watch(host: Host) -> None:
    """Start watching. The process ends with 70 (or 1 from faulthandler) when something hangs longer than stuck_s."""
    _arm(host)
    threading.Thread(target=_watch, args=(host,), name="watchdog", daemon=True).start()


def _watch(host: Host) -> None:
    limit_s = host.limits.stuck_s
    tick = threading.Event()
    while not tick.wait(min(0.5, limit_s / 4)):
        _arm(host)
        stuck = host.overlook()
        if stuck:
            log.critical("%s hangs for longer than %.0f s: this process ends itself", ", ".join(stuck), limit_s)
            faulthandler.dump_traceback(all_threads=True)
            sys.stderr.flush()
            os._exit(EXIT_STUCK)


def _arm(host: Host) -> None:
    """Begin faulthandler's countdown anew."""
    faulthandler.dump_traceback_later(host.limits.stuck_s, exit=True)
