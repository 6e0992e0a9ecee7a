"""How the processes of one training work together, through accelerate; alone, nothing is asked of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")
SEEDED_APART = 1_000_003


class Processes:
    """One process alone. `rank` counts from 0 up to `world`."""

    rank: int = 0
    world: int = 1

    def wrap(self, network: nn.Module) -> Any:
        """The network as it is to be called in training."""
        return network

    def share(self, batch: Tensor) -> Tensor:
        """This process's part of a batch that all of them know."""
        return batch

    def totals(self, sums: Sequence[float]) -> list[float]:
        """Each number summed over all processes."""
        return list(sums)

    def from_first(self, make: Callable[[], T]) -> T:
        """What `make` gives in the first process, for all of them; it is called there alone."""
        return make()

    def gathered(self, value: T) -> list[T]:
        """The value of every process, in their order."""
        return [value]

    def close(self) -> None:
        """Wait for the others and part."""


class JoinedProcesses(Processes):
    """Several processes on processors (gloo): distributed data parallel training as accelerate sets it up.

    RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT say who the others are, as torchrun and `accelerate launch` set them.
    Networks start from the weights of rank 0; gradients are averaged; running statistics are those of rank 0.
    """

    def __init__(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        from accelerate import Accelerator
        from accelerate.utils import DistributedDataParallelKwargs

        self._accelerator = Accelerator(cpu=True, kwargs_handlers=[DistributedDataParallelKwargs(static_graph=True)])
        self.rank, self.world = self._accelerator.process_index, self._accelerator.num_processes

    def wrap(self, network: nn.Module) -> Any:
        torch.manual_seed(torch.initial_seed() + SEEDED_APART * self.rank)  # dropout differs, as it should
        return self._accelerator.prepare_model(network)

    def share(self, batch: Tensor) -> Tensor:
        return batch[self.rank :: self.world]

    def totals(self, sums: Sequence[float]) -> list[float]:
        found: list[float] = self._accelerator.reduce(torch.tensor(sums, dtype=torch.float64), "sum").tolist()
        return found

    def from_first(self, make: Callable[[], T]) -> T:
        from accelerate.utils import broadcast_object_list

        made: list[Any] = broadcast_object_list([make() if self.rank == 0 else None])
        found: T = made[0]
        return found

    def gathered(self, value: T) -> list[T]:
        from accelerate.utils import gather_object

        found: list[T] = gather_object([value])
        return found

    def close(self) -> None:
        self._accelerator.wait_for_everyone()
        self._accelerator.end_training()
