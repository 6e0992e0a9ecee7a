"""One training in several processes, each on its share of the windows, with averaged gradients: one model comes out.

    fit_in_processes(estimator, train, validation=validation, n_processes=2, seed=0)

starts them on this machine. `torchrun` and `accelerate launch` start them anywhere, on a folder that `write_job` made
and that every machine can read; the process of rank 0 leaves the trained estimator in ``trained/``:

    torchrun --nnodes 2 --nproc-per-node 4 … -m mlops.ml.launch FOLDER
    accelerate launch --multi_gpu --num_processes 8 -m mlops.ml.launch FOLDER

(`--multi_gpu` only chooses the launcher that starts several processes; no GPU is needed.) A process that no launcher
gave a rank trains alone.

Any torch estimator can be trained so; it does not know. The batch stays the configured one: every process takes its
part of it. Windows are mapped from disk, so that no process holds more than the batch it works on.
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
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import (
    Estimator,
    MLError,
    NotEnoughData,
    OnEpoch,
    OnStep,
    TrainingReport,
    Windows,
    ignore,
)
from mlops.ml.registry import estimator_class

JOB, TRAINED, LOCK = "job.json", "trained", "lock"
PREFIX = "fitbalance-launch-"
COPIED = 2048
_SEEDED_APART = 1_000_003


class LaunchFailed(MLError):
    """The processes ended without a model."""

    code = "launch_failed"


def fit_in_processes(
    estimator: Estimator,
    train: Windows,
    *,
    validation: Windows | None = None,
    n_processes: int,
    seed: int = 0,
    on_step: OnStep = ignore,
    on_epoch: OnEpoch = ignore,
    beside: Path | None = None,
) -> TrainingReport:
    """Fit a torch estimator in `n_processes` on this machine; afterwards it answers as if it had been fitted here.

    beside  folder for the windows that are handed over. Raises LaunchFailed, NotEnoughData, Cancelled from a callback.
    """
    beside = Path(beside or tempfile.gettempdir())
    leftovers_remove(beside)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=beside) as made, (Path(made) / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as long as we live
        folder = Path(made)
        write_job(folder, estimator, train, validation=validation, seed=seed)
        environment = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
        environment |= {"WORLD_SIZE": str(n_processes), "PYTHONPATH": _python_path(), "GLOO_SOCKET_IFNAME": "lo"}
        workers = []
        try:
            for rank in range(n_processes):
                log = (folder / f"rank-{rank}.log").open("wb")
                workers.append(
                    subprocess.Popen(  # noqa: S603  our own module, fixed arguments
                        [sys.executable, "-m", "mlops.ml.launch", str(folder)],
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
    folder: Path, estimator: Estimator, train: Windows, *, validation: Windows | None = None, seed: int = 0
) -> None:
    """Leave everything a launch needs in an existing folder."""
    for name, part in (("train", train), ("validation", validation)):
        if part is None or len(part) == 0:
            continue
        order = _dealt(part, seed) if name == "train" else np.arange(len(part))
        out = np.lib.format.open_memmap(folder / f"{name}_x.npy", "w+", np.float32, part.x.shape)
        for at in range(0, len(part), COPIED):
            out[at : at + COPIED] = part.x[order[at : at + COPIED]]
        out.flush()
        np.save(folder / f"{name}_y.npy", np.asarray(part.y)[order], allow_pickle=False)
        np.save(folder / f"{name}_groups.npy", part.groups[order].astype(np.str_), allow_pickle=False)
    job = {
        "estimator": estimator.name,
        "config": asdict(estimator.config),
        "labels": list(train.labels),
        "seed": seed,
    }
    (folder / JOB).write_text(json.dumps(job), "utf-8")


def _dealt(windows: Windows, seed: int) -> npt.NDArray[np.int64]:
    """An order in which every n-th window is a fair share of each label, whatever n is."""
    mixed = np.random.default_rng(seed).permutation(len(windows))
    y = np.asarray(windows.y)
    return mixed[np.argsort(y[mixed], kind="stable")] if y.ndim == 1 else mixed


def main() -> None:
    """A process of a launch: join the others, train on one's share, leave the model if one is the first."""
    import torch.distributed as group

    folder = Path(sys.argv[1])
    if (folder / TRAINED).exists():
        raise LaunchFailed(f"{folder} holds a trained estimator already")
    if "RANK" not in os.environ:
        os.environ |= {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
    job = json.loads((folder / JOB).read_text("utf-8"))
    found: Any = estimator_class(job["estimator"])
    labels = tuple(job["labels"])
    group.init_process_group("gloo")
    rank, world = group.get_rank(), group.get_world_size()
    train, validation = _read(folder, "train", labels), _read(folder, "validation", labels)
    assert train is not None
    config = found.Config(**job["config"])
    share = replace(config, batch_size=max(1, config.batch_size // world), trainer="loop")
    if validation is None:
        share = replace(share, patience=0)  # each process would see another loss and stop at another time
    estimator = found(share, labels=labels)
    shared(estimator, rank)
    tell = _tell if rank == 0 else ignore
    report = estimator.fit(
        share_of(train, rank, world),
        validation=validation,
        seed=job["seed"],
        on_step=lambda done, total: tell("step", [done, total]),
        on_epoch=lambda row: tell("epoch", row),
    )
    if rank == 0:
        estimator.config = config
        (folder / TRAINED).mkdir()
        estimator.save(folder / TRAINED)
        _tell("report", asdict(report))
    group.barrier()
    group.destroy_process_group()


def share_of(windows: Windows, rank: int, world: int) -> Windows:
    """Every `world`-th window of those `write_job` left, as many for each; nothing is copied. Raises NotEnoughData."""
    n = len(windows) // world * world
    if n < 2 * world:
        raise NotEnoughData(f"{len(windows)} windows are too few for {world} processes")
    assert windows.y is not None
    own = slice(rank, n, world)
    return Windows(windows.x[own], windows.y[own], windows.groups[own], windows.labels)


def shared(estimator: Any, rank: int) -> None:
    """Make the estimator's network average its gradients over all processes, before they are clipped.

    The same seed gives all of them the same first weights; averaging keeps them equal. Running statistics (batch
    normalisation) are taken from rank 0 before the network is judged. Dropout differs between processes, as it should.
    """
    import torch
    import torch.distributed as group

    build, world = estimator.build_network, group.get_world_size()

    def average(parameter: Any) -> None:
        group.all_reduce(parameter.grad)
        parameter.grad /= world

    def build_shared(n_channels: int, n_classes: int) -> Any:
        network = build(n_channels, n_classes)
        changed = [False]

        def before(module: Any, _: Any) -> None:
            if module.training:
                changed[0] = True
            elif changed[0]:
                changed[0] = False
                for buffer in module.buffers():
                    group.broadcast(buffer, 0)

        network.register_forward_pre_hook(before)
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.register_post_accumulate_grad_hook(average)
        torch.manual_seed(torch.initial_seed() + _SEEDED_APART * rank)
        return network

    estimator.build_network = build_shared


def _read(folder: Path, name: str, labels: tuple[str, ...]) -> Windows | None:
    if not (folder / f"{name}_x.npy").is_file():
        return None
    x = np.load(folder / f"{name}_x.npy", mmap_mode="r", allow_pickle=False)
    y, groups = (np.load(folder / f"{name}_{what}.npy", allow_pickle=False) for what in ("y", "groups"))
    return Windows(x, y, groups, labels)


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


if __name__ == "__main__":
    main()
