"""The database holds: many writers at once lose no update and are never locked out (PostgreSQL by DATABASE_URL)."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

N_WRITERS = 8
N_WRITES = int(os.environ.get("SOAK_WRITES", "3000"))


def _set_up(var: str) -> None:
    """A process of its own starts Django on the shared database."""
    os.environ |= {"FITBALANCE_VAR": var, "FITBALANCE_ENV": "development"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "fitbalance.settings"
    import django

    django.setup()


def _write(var: str, job: str, n: int, faults: multiprocessing.Queue) -> None:
    os.environ |= {
        "FITBALANCE_VAR": var,
        "FITBALANCE_ENV": "development",
        "DJANGO_SETTINGS_MODULE": "fitbalance.settings",
    }
    import django

    django.setup()
    from django.db import OperationalError, transaction

    from mlops.models import Job

    for _ in range(n):
        try:
            with transaction.atomic():
                row = Job.objects.select_for_update().get(pk=job)
                Job.objects.filter(pk=job).update(progress_done=row.progress_done + 1)
        except OperationalError as error:
            faults.put(str(error))


def _read(var: str, job: str, stop: multiprocessing.Event, reads: multiprocessing.Queue) -> None:  # type: ignore[valid-type]
    os.environ |= {
        "FITBALANCE_VAR": var,
        "FITBALANCE_ENV": "development",
        "DJANGO_SETTINGS_MODULE": "fitbalance.settings",
    }
    import django

    django.setup()
    from mlops.models import Job

    n, last = 0, -1
    while not stop.is_set():
        seen = Job.objects.get(pk=job).progress_done
        assert seen >= last
        n, last = n + 1, seen
    reads.put(n)


@pytest.mark.soak
def test_eight_writers_and_a_reader(tmp_path: Path) -> None:
    import subprocess
    import sys

    environment = {key: value for key, value in os.environ.items() if not key.startswith(("FITBALANCE", "DJANGO"))}
    environment |= {"FITBALANCE_VAR": str(tmp_path), "FITBALANCE_ENV": "development"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True)
    made = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "shell",
            "-v0",
            "-c",
            "from mlops.models import Job; print(Job.objects.create(kind='soak', title='soak').pk)",
        ],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    job = made.stdout.split()[-1]
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
    n_reads = reads.get(timeout=60)
    reader.join()
    seconds = time.monotonic() - started
    locked = []
    while not faults.empty():
        locked.append(faults.get())
    counted = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "shell",
            "-v0",
            "-c",
            f"from mlops.models import Job; print(Job.objects.get(pk='{job}').progress_done)",
        ],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    done = int(counted.stdout.split()[-1])
    print(
        f"\n{N_WRITERS} writers x {N_WRITES}: {len(locked)} locked, {N_WRITERS * N_WRITES - done} lost, "
        f"{done / seconds:.0f} read-modify-writes a second, {n_reads} reads beside them"
    )
    assert not locked
    assert done == N_WRITERS * N_WRITES
