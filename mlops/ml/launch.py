"""One training in several processes, each with its part of every batch: one model comes out.

    fit_in_processes(estimator, train, validation=validation, n_processes=2, seed=0)

starts them on this machine. `torchrun` and `accelerate launch` start them anywhere, on a folder that `write_job` made
and that every machine can read; the process of rank 0 leaves the trained estimator in ``trained/``:

    torchrun --nnodes 2 --nproc-per-node 4 … -m mlops.ml.launch FOLDER
    accelerate launch --multi_gpu --num_processes 8 -m mlops.ml.launch FOLDER

(`--multi_gpu` only chooses the launcher that starts several processes; no GPU is needed.) A process that no launcher
gave a rank trains alone.

Any torch estimator can be trained so, with the plain loop or with the Trainer; accelerate brings the processes
together. The batch stays the configured one: every process takes its part of it. Examples are mapped from disk, so that
no process holds more than the batch it works on. A killed training goes on from its checkpoints.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlops.ml.contract import MLError, OnEpoch, OnStep, TrainingReport, ignore
from mlops.ml.handover import class_at, class_path, read_examples, write_examples
from mlops.ml.parent import die_with_parent

JOB, TRAINED, LOCK, CHECKPOINTS = "job.json", "trained", "lock", "checkpoints"
PREFIX = "fitbalance-launch-"


class LaunchFailed(MLError):
    """The processes ended without a model."""

    code = "launch_failed"


def fit_in_processes(
    estimator: Any,
    train: Any,
    *,
    validation: Any = None,
    n_processes: int,
    seed: int = 0,
    on_step: OnStep = ignore,
    on_epoch: OnEpoch = ignore,
    checkpoint_dir: Path | None = None,
    beside: Path | None = None,
) -> TrainingReport:
    """Fit a torch estimator in `n_processes` on this machine; afterwards it answers as if it had been fitted here.

    checkpoint_dir  as for `Estimator.fit`
    beside          folder for the examples that are handed over

    Raises LaunchFailed, NotEnoughData, Cancelled from a callback.
    """
    beside = Path(beside or tempfile.gettempdir())
    leftovers_remove(beside)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=beside) as made, (Path(made) / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as long as we live
        folder = Path(made)
        write_job(folder, estimator, train, validation=validation, seed=seed, checkpoint_dir=checkpoint_dir)
        environment = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
        environment |= {"WORLD_SIZE": str(n_processes), "PYTHONPATH": _python_path(), "GLOO_SOCKET_IFNAME": "lo"}
        workers = []
        try:
            for rank in range(n_processes):
                log = (folder / f"rank-{rank}.log").open("wb")
                workers.append(
                    subprocess.Popen(  # noqa: S603  our own module, fixed arguments
                        [sys.executable, "-m", "mlops.ml.launch", str(folder), str(os.getpid())],
                        env={**environment, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                        stdout=subprocess.PIPE if rank == 0 else subprocess.DEVNULL,
                        stderr=log,
                    )
                )
            report = _follow(workers[0], on_step, on_epoch)
            if any([worker.wait() for worker in workers]) or report is None:
                raise LaunchFailed(f"a training process stopped: {_last_line(folder)}")
        finally:
            for worker in workers:
                if worker.poll() is None:
                    worker.kill()
                    worker.wait()
        _take_over(estimator, folder / TRAINED)
        return report


def leftovers_remove(beside: Path) -> int:
    """Remove what launches left in a folder whose process was killed; how many. Their children end by themselves."""
    n_removed = 0
    for folder in beside.glob(f"{PREFIX}*"):
        try:
            with (folder / LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # somebody trains there, or has just begun
        shutil.rmtree(folder, ignore_errors=True)
        n_removed += 1
    return n_removed


def write_job(
    folder: Path,
    estimator: Any,
    train: Any,
    *,
    validation: Any = None,
    seed: int = 0,
    checkpoint_dir: Path | None = None,
) -> None:
    """Leave everything a launch needs in an existing folder."""
    write_examples(train, folder / "train")
    if validation is not None and len(validation):
        write_examples(validation, folder / "validation")
    job = {
        "estimator": class_path(type(estimator)),
        "config": asdict(estimator.config),
        "labels": list(estimator.labels),
        "seed": seed,
        "checkpoint_dir": str(Path(checkpoint_dir or folder / CHECKPOINTS).resolve()),
    }
    (folder / JOB).write_text(json.dumps(job), "utf-8")


def main() -> None:
    """A process of a launch: join the others, train together, leave the model if one is the first."""
    if len(sys.argv) > 2:
        die_with_parent(int(sys.argv[2]))

    from mlops.ml.torch_processes import JoinedProcesses

    folder = Path(sys.argv[1])
    if (folder / TRAINED).exists():
        raise LaunchFailed(f"{folder} holds a trained estimator already")
    if "RANK" not in os.environ:
        os.environ |= {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
    job = json.loads((folder / JOB).read_text("utf-8"))
    found = class_at(job["estimator"])
    estimator = found(found.Config(**job["config"]), labels=tuple(job["labels"]))
    estimator.processes = processes = JoinedProcesses()
    tell = _tell if processes.rank == 0 else ignore
    validation = folder / "validation"
    report = estimator.fit(
        read_examples(folder / "train"),
        validation=read_examples(validation) if validation.is_dir() else None,
        seed=job["seed"],
        checkpoint_dir=Path(job["checkpoint_dir"]),
        on_step=lambda done, total: tell("step", [done, total]),
        on_epoch=lambda row: tell("epoch", row),
    )
    if processes.rank == 0:
        (folder / TRAINED).mkdir()
        estimator.save(folder / TRAINED)
        _tell("report", asdict(report))
    processes.close()


def _tell(kind: str, value: Any) -> None:
    print(json.dumps({kind: value}), flush=True)


def _follow(first: Any, on_step: OnStep, on_epoch: OnEpoch) -> TrainingReport | None:
    report = None
    for message in _messages(first.stdout):
        if "step" in message:
            on_step(*message["step"])
        elif "epoch" in message:
            on_epoch(message["epoch"])
        elif "report" in message:
            report = TrainingReport(**message["report"])
    return report


def _messages(lines: Any) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue  # a library's own words
        if isinstance(found, dict):
            yield found


def _take_over(estimator: Any, trained: Path) -> None:
    """Give a fitted estimator's state to the one that asked."""
    estimator.__dict__.update(type(estimator).load(trained).__dict__)


def _last_line(folder: Path) -> str:
    for log in sorted(folder.glob("rank-*.log")):
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        named = [line for line in lines if "Error" in line or "mlops.ml" in line]
        if named or lines:
            return (named or lines)[-1][:300]
    return "without a word"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _python_path() -> str:
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)


def _leave() -> None:
    """End at once, everything being written: a native thread of torch that still wants the interpreter while it is
    being taken down aborts the process (before CPython 3.14), and the launcher would call that a failed training."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
    _leave()
