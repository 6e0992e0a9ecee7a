"""Workers and sweeper: one process loads the site and forks a child for each, and again for each that ends.

python -m fitbalance.background

Loading the site costs seconds of processor time and most of a process's memory; done once, the children share both.
Forking is safe here because the parent imports only: it runs no model, opens no connection and starts no thread.
`manage.py worker --queue …` runs one worker alone, as on a machine that only trains.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import FrameType

from mlops.ml.parent import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fitbalance.settings")

log = logging.getLogger("fitbalance.background")
LASTS_S = 2.0
"""A child that ended sooner than this is not started again at once."""


class Nursery:
    """Keeps one child alive for each named task until told to stop."""

    def __init__(self, tasks: Mapping[str, Callable[[], object]]) -> None:
        self.tasks = tasks
        self._names: dict[int, str] = {}
        self._started: dict[str, float] = {}
        self._stopping = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT, which are handed on to the children; returns when they have ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for name in self.tasks:
            self._start(name)
        while self._names:
            pid, status = os.wait()
            name = self._names.pop(pid, "")
            if not name or self._stopping:
                continue
            log.warning("%s ended (%s) and is started again", name, os.waitstatus_to_exitcode(status))
            time.sleep(max(0.0, LASTS_S - (time.monotonic() - self._started[name])))
            if not self._stopping:
                self._start(name)

    def _start(self, name: str) -> None:
        self._started[name] = time.monotonic()
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._names[pid] = name
            return
        die_with_parent(parent)
        os.setpgid(0, 0)  # the parent hands signals on; from the terminal or the supervisor they would come twice
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        code = 1
        try:
            self.tasks[name]()
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:
            log.exception("%s failed", name)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # what the parent would do at its end is not ours

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._names:
            os.kill(pid, signal.SIGTERM)  # not reaped yet, so the number is still its own


def main() -> None:
    """Load what workers and sweeper need, then keep them alive."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    import mlops.jobs.workers  # noqa: F401  loaded once, for all children

    tasks = {f"worker-{queue}": partial(call_command, "worker", queue=queue) for queue in settings.RQ_QUEUES}
    tasks["sweeper"] = partial(call_command, "sweep")
    gc.collect()
    gc.freeze()
    Nursery(tasks).run()


if __name__ == "__main__":
    main()
