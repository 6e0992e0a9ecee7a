"""What we use of RQ that its documentation does not promise: an upgrade that changes it fails and says where to look.

A fingerprint is of the code without comments and docstrings. When one differs: read RQ's change, look at what is named
beside it, run tests/mlops/test_workers.py, tests/mlops/test_jobs_with_redis.py and `make soak`, then write the new one.
"""

import ast
import hashlib
import inspect
import textwrap
from typing import Any

import pytest
from rq import Worker, command, timeouts
from rq.worker.base import BaseWorker

from mlops.jobs.workers import JobWorker

OVERRIDDEN = {
    "main_work_horse": "runs in the forked child only: JobWorker makes it nice there and lets it die with its worker",
    "maintain_heartbeats": "is called again and again while a child runs: JobWorker renews the lease in it",
    "kill_horse": "kills the group of horse_pid, which is our own for pid 0: JobWorker must replace it whole",
    "handle_work_horse_killed": "is called before handle_job_failure when a child died: JobWorker ends the lease in it",
    "set_current_job_working_time": "writes to Redis between two looks at the child: JobWorker survives a Redis away",
}
"""Methods of RQ's worker that JobWorker replaces or extends → what it counts on."""

RELIED_ON: list[tuple[Any, str, str, str]] = [
    (BaseWorker, "main_work_horse", "59f8b0381e3f", OVERRIDDEN["main_work_horse"]),
    (BaseWorker, "maintain_heartbeats", "9850efb3c7b9", OVERRIDDEN["maintain_heartbeats"]),
    (Worker, "kill_horse", "a80c72c30653", OVERRIDDEN["kill_horse"]),
    (BaseWorker, "handle_work_horse_killed", "c84c48f95060", OVERRIDDEN["handle_work_horse_killed"]),
    (BaseWorker, "set_current_job_working_time", "7737d08dfa3e", OVERRIDDEN["set_current_job_working_time"]),
    (Worker, "fork_work_horse", "d4a703775520", "the child gets a group of its own, which JobWorker.kill_horse kills"),
    (
        Worker,
        "monitor_work_horse",
        "3ead01c3b990",
        "calls all of the above in this order, and sets horse_pid to 0 when a child ended",
    ),
    (Worker, "wait_for_horse", "57f018af3862", "waits for our child alone, also after JobWorker.kill_horse"),
    (BaseWorker, "horse_pid", "c12b4adee83e", "0 without a child: JobWorker.kill_horse must do nothing then"),
    (
        command,
        "handle_stop_job_command",
        "caa91da11921",
        "ends in kill_horse: the sweeper's delivery_stop counts on it",
    ),
    (command, "send_stop_job_command", "edb084e54a90", "raises what delivery_stop catches where nobody runs the job"),
    (
        timeouts,
        "BaseTimeoutException",
        "b862110f7957",
        "RQ's own time-out, which execution.py tells apart from a job's errors",
    ),
]


def fingerprint(owner: Any, name: str) -> str:
    """Of the code of a function, property or class, whatever its comments say."""
    found = inspect.getattr_static(owner, name)
    tree = ast.parse(textwrap.dedent(inspect.getsource(found.fget if isinstance(found, property) else found)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:12]


@pytest.mark.parametrize(("owner", "name", "known", "why"), RELIED_ON, ids=[row[1] for row in RELIED_ON])
def test_what_we_rely_on_is_as_we_read_it(owner: Any, name: str, known: str, why: str) -> None:
    assert hasattr(owner, name), f"RQ has no {name} any more. It {why}."
    now = fingerprint(owner, name)
    assert now == known, f"RQ changed {owner.__name__}.{name} ({now} now). Look at mlops/jobs: it {why}."


def test_every_override_is_watched() -> None:
    ours = {name for name in vars(JobWorker) if not name.startswith("__") and hasattr(Worker, name)}
    assert ours == set(OVERRIDDEN)
    assert ours <= {name for _, name, _, _ in RELIED_ON}


def test_the_worker_takes_what_we_set() -> None:
    known = inspect.signature(BaseWorker.__init__).parameters
    asked = {"serializer", "job_monitoring_interval", "maintenance_interval", "worker_ttl", "log_job_description"}
    assert asked <= set(known), "worker_make in mlops/jobs/workers.py sets these"
