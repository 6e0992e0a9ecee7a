"""The database holds: many writers at once lose no update and are never locked out.

SQLite in a folder of its own; with FITBALANCE_TEST_KEEP_DATABASE_URL=1 the PostgreSQL database of DATABASE_URL, where
one row is made and removed.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import ROOT

N_WRITERS = 8
N_WRITES = int(os.environ.get("SOAK_WRITES", "3000"))


MAKE = "from mlops.models import Job; print(Job.objects.create(kind='soak', title='soak').pk)"
COUNT = "from mlops.models import Job; print(Job.objects.get(pk={job!r}).progress_done)"
REMOVE = "from mlops.models import Job; print(Job.objects.filter(pk={job!r}).delete())"


def _environment(var: Path) -> dict[str, str]:
    own = {"FITBALANCE_VAR": str(var), "FITBALANCE_ENV": "development"}
    return {**own, "DJANGO_SETTINGS_MODULE": "fitbalance.settings"}


def _job(var: str, pk: str) -> Any:
    """A process of its own starts Django on the shared database; the one row that is counted in."""
    os.environ |= _environment(Path(var))
    import django

    django.setup()
    from mlops.models import Job

    return Job.objects.filter(pk=pk)


def _write(var: str, pk: str, n: int, faults: Any) -> None:
    rows = _job(var, pk)
    from django.db import OperationalError, transaction

    for _ in range(n):
        try:
            with transaction.atomic():
                rows.update(progress_done=rows.select_for_update().get().progress_done + 1)
        except OperationalError as error:
            faults.put(str(error))


def _read(var: str, pk: str, stop: Any, reads: Any) -> None:
    rows = _job(var, pk)
    n, last = 0, -1
    while not stop.is_set():
        seen = rows.get().progress_done
        assert seen >= last, "what was counted once is never uncounted"
        n, last = n + 1, seen
    reads.put(n)


@pytest.mark.soak
def test_eight_writers_and_a_reader(tmp_path: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("FITBALANCE", "DJANGO"))}
    environment = kept | _environment(tmp_path)

    def manage(*command: str) -> str:
        told = subprocess.check_output([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, text=True)
        return told.split()[-1] if told.split() else ""

    manage("migrate", "-v0")
    job = manage("shell", "-v0", "-c", MAKE)
    context = multiprocessing.get_context("spawn")
    faults, reads, stop = context.Queue(), context.Queue(), context.Event()
    reader = context.Process(target=_read, args=(str(tmp_path), job, stop, reads))
    writers = [context.Process(target=_write, args=(str(tmp_path), job, N_WRITES, faults)) for _ in range(N_WRITERS)]
    started = time.monotonic()
    for process in [reader, *writers]:
        process.start()
    for process in writers:
        process.join()
    stop.set()
    seconds = time.monotonic() - started
    n_reads = reads.get(timeout=60)
    reader.join()
    locked = []
    while not faults.empty():
        locked.append(faults.get())
    done = int(manage("shell", "-v0", "-c", COUNT.format(job=job)))
    manage("shell", "-v0", "-c", REMOVE.format(job=job))
    print(
        f"\n{'PostgreSQL' if 'DATABASE_URL' in environment else 'SQLite'}, {N_WRITERS} writers x {N_WRITES}: "
        f"{len(locked)} locked, {N_WRITERS * N_WRITES - done} lost, {done / seconds:.0f} read-modify-writes a second, "
        f"{n_reads} reads beside them"
    )
    assert not locked
    assert done == N_WRITERS * N_WRITES
