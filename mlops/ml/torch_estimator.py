"""The base of all torch models, whatever their data: two ways to train, safetensors weights, dynamo ONNX export.

A model joins it with the base of its data type (`mlops.ml.torch_bases` has them ready) and brings a config that extends
`LoopConfig` and a network. It may bring its own collation, heads, loss, and how outputs become answers.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mlops.ml.bases.targets import is_label, is_number, targets_of
from mlops.ml.contract import (
    UNLABELLED,
    Answers,
    BadArtifact,
    BadValue,
    CannotContinue,
    Continuation,
    D,
    NotEnoughData,
    NotFitted,
    OnEpoch,
    OnnxEstimator,
    OnStep,
    TrainingReport,
)
from mlops.ml.heads import LABEL, Head, heads_of
from mlops.ml.torch_checkpoint import training_fingerprint
from mlops.ml.torch_heads import HeadsLoss, Outputs, head_answers, inverse_frequency, split
from mlops.ml.torch_loop import train_plainly
from mlops.ml.torch_onnx import Answering, export_network, torch_threads
from mlops.ml.torch_processes import Processes
from mlops.ml.torch_training import LoopConfig, Training, fine_tuning, in_batches

WEIGHTS_FILE = "model.safetensors"

__all__ = ["LoopConfig", "TorchEstimator"]


class TorchEstimator(OnnxEstimator[D]):
    """An estimator whose model is a torch network.

    The epoch with the best validation accuracy is kept where it answers one label, else the one with the least loss;
    `decider` names another validation figure, the least of which is best: "score_rmse".

    interval       "" for plain numbers, "gaussian" or "quantiles" for numbers with an interval
    coverage       how often an interval should hold the truth
    loss_weights   share of each head in the loss, 1 where nothing is said
    scoring_batch  examples that are answered at once
    processes      the other processes of this training; one alone unless `mlops.ml.launch` says otherwise
    """

    resumable: ClassVar[bool] = True
    continues: ClassVar[str] = "fine-tuning"
    interval: ClassVar[str] = ""
    coverage: ClassVar[float] = 0.9
    loss_weights: ClassVar[Mapping[str, float]] = {}
    scoring_batch: ClassVar[int] = 256
    decider: ClassVar[str] = ""

    def __init__(self, config: Any = None, *, labels: Any = ()) -> None:
        super().__init__(config, labels=labels)
        self.network: nn.Module | None = None
        self.processes = Processes()

    # -- what a model writes, or may ---------------------------------------------------------------------

    @abstractmethod
    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        """Return a fresh network.

        It is called with the inputs that `collate` gives, in their order. `n_inputs` are the numbers of one moment
        (channels, columns, colours, kinds of token), `n_outputs` the widths of all heads together. It returns one
        tensor whose last axis is cut in the order of the heads, or one by the name of each.
        """

    def collate(self, data: D, which: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """The network's inputs by name for some examples; only these are read."""
        found: Mapping[str, npt.NDArray[Any]] = data.batch(which)  # type: ignore[attr-defined]
        return found

    def heads_for(self, train: D) -> tuple[Head, ...]:
        """What the network answers, from the training examples."""
        return heads_of(train, interval=self.interval, weights=self.loss_weights, coverage=self.coverage)

    def build_loss(self, train: D) -> nn.Module:
        """Return a module that is called as ``loss(outputs, targets)``, both with a tensor by the name of each head."""
        weights = {}
        if self.config.class_weights:
            for head in self.heads:
                if head.kind == LABEL:
                    y = torch.from_numpy(targets_of(train)[head.name]).reshape(-1)
                    weights[head.name] = inverse_frequency(y[y != UNLABELLED], len(head.labels))
        return HeadsLoss(self.heads, weights)

    def targets(self, data: D, which: npt.NDArray[Any]) -> Outputs:
        """The truth of some examples by head."""
        found = {}
        for name, values in targets_of(data).items():
            if is_label(values):
                found[name] = torch.from_numpy(np.asarray(values[which], np.int64))
            elif is_number(values):
                found[name] = torch.from_numpy(np.asarray(values[which], np.float32))
        return found

    def answers_of(self, outputs: Outputs) -> Outputs:
        """What the exported file answers, from the network's outputs; in torch, so that it is exported with it."""
        found: Outputs = {}
        for head in self.heads:
            found |= head_answers(head, outputs[head.name])
        return found

    def decode(self, answers: Answers) -> Answers:
        """What a person is told, from what the exported file answers: text from letters, for example."""
        return answers

    # -- what the base of a data type writes -------------------------------------------------------------

    @property
    @abstractmethod
    def n_inputs(self) -> int:
        """Numbers of one moment of the input."""

    @abstractmethod
    def example_inputs(self) -> dict[str, npt.NDArray[Any]]:
        """Inputs of two examples like those it was fitted on, to export and to measure with."""

    def make_network(self) -> nn.Module:
        """The network with what stands before it, if anything."""
        return self.build_network(self.n_inputs, sum(head.width for head in self.heads))

    # -- the life cycle ----------------------------------------------------------------------------------

    @property
    def heads(self) -> tuple[Head, ...]:
        """What it answers; one label where a saved model says nothing."""
        kept = self.facts.get("heads")
        return (Head(labels=self.labels),) if kept is None else tuple(Head.from_json(one) for one in kept)

    def _facts_of(self, train: D) -> dict[str, Any]:
        return {**super()._facts_of(train), "heads": [head.to_json() for head in self.heads_for(train)]}

    def _fit(self, train: D, validation: D | None, on_step: OnStep, on_epoch: OnEpoch, seed: int) -> TrainingReport:
        return self._learn(train, validation, on_step, on_epoch, seed, self.config, None)

    def _go_on(
        self, after: Continuation, train: D, validation: D | None, on_step: OnStep, on_epoch: OnEpoch, seed: int
    ) -> TrainingReport:
        """Fine-tune on new examples and a replay of old ones: fewer epochs, smaller steps, from the weights before."""
        places, _weights = after.taught(seed)
        some = train.take(places)
        report = self._learn(some, validation, on_step, on_epoch, seed, fine_tuning(self.config), after.before)
        return replace(report, metrics={**report.metrics, "n_taught": float(len(some))})

    def _learn(
        self,
        train: D,
        validation: D | None,
        on_step: OnStep,
        on_epoch: OnEpoch,
        seed: int,
        config: Any,
        before: TorchEstimator[D] | None,
    ) -> TrainingReport:
        """Train a fresh network, or one that starts with the weights of `before`."""
        self.network = None
        if len(train) < 2 * self.processes.world:
            raise NotEnoughData(f"{len(train)} examples are too few for {self.processes.world} processes")
        with torch_threads(self.config.threads), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.make_network()
            if before is not None:
                try:
                    network.load_state_dict(before._network().state_dict())
                except RuntimeError as error:
                    raise CannotContinue("the network before has another size") from error
            training = Training(
                network, self.build_loss(train), self.heads, train, validation, self._inputs, self._targets,
                self.scoring_batch, config, seed, on_step, on_epoch, self.checkpoint_dir,
                self._fingerprint(seed, [train, validation], config, None if before is None else network),
                self.processes, self.decider,
            )  # fmt: skip
            if config.trainer == "hf":
                from mlops.ml.torch_trainer import train_with_trainer

                curve, best = train_with_trainer(training)
            else:
                curve, best = train_plainly(training)
        self.network = network.eval()
        metrics = {k: v for k, v in curve[best].items() if k not in ("epoch", "learning_rate")}
        metrics["best_epoch"] = curve[best]["epoch"]
        if not np.isfinite(list(metrics.values())).all():
            raise BadValue("the training did not converge: its loss is not a number; try a smaller learning rate")
        return TrainingReport(metrics, curve, n_parameters=sum(p.numel() for p in network.parameters()))

    def _answer(self, data: D) -> Answers:
        parts = [self.decode(part) for part in self._scores(data)]
        return _joined(parts)

    def onnx_inputs(self, data: D) -> dict[str, Any]:
        return dict(self.collate(data, np.arange(len(data))))

    def onnx_answer(self, data: D) -> Answers:
        self._must_be_fitted()
        return _joined(self._scores(data))

    def _scores(self, data: D) -> list[Answers]:
        """What the exported file would answer, batch by batch; one empty batch where there are no examples."""
        network = self._network().eval()
        with torch.no_grad(), torch_threads(self.config.threads):
            if len(data) == 0:
                inputs = tuple(torch.from_numpy(value) for value in self.example_inputs().values())
                return [{name: value[:0] for name, value in self._answers(network, inputs).items()}]
            every = in_batches(len(data), self.scoring_batch)
            return [self._answers(network, self._inputs(data, which)) for which in every]

    def _answers(self, network: nn.Module, inputs: tuple[Tensor, ...]) -> Answers:
        answers = self.answers_of(split(network(*inputs), self.heads))
        return {name: value.numpy() for name, value in answers.items()}

    def _inputs(self, data: D, which: npt.NDArray[Any]) -> tuple[Tensor, ...]:
        return tuple(torch.from_numpy(np.asarray(value)) for value in self.collate(data, which).values())

    def _targets(self, data: D, which: npt.NDArray[Any]) -> Outputs:
        return self.targets(data, which)

    def _fingerprint(self, seed: int, parts: list[Any], config: Any, start: nn.Module | None) -> str:
        samples = [
            None if part is None else (len(part), part.labels, part.y, self.collate(part, _some(len(part))))
            for part in parts
        ]
        if start is not None:  # where it went on from is a part of what it is
            weights = {name: value.numpy() for name, value in start.state_dict().items()}
            samples.append((0, (), {}, weights))
        return training_fingerprint(self.name, config, [seed, self.processes.world], samples)

    def _save(self, directory: Path) -> None:
        state = {name: value.contiguous() for name, value in self._network().state_dict().items()}
        save_file(state, directory / WEIGHTS_FILE, metadata={"format": "pt"})

    def _load(self, directory: Path) -> None:
        network = self.make_network()
        try:
            network.load_state_dict(load_file(directory / WEIGHTS_FILE))
        except Exception as error:  # safetensors' own error type is not an ordinary one
            raise BadArtifact(f"the weights of the saved {self.name} cannot be read: {error}") from error
        self.network = network.eval()

    def _export_onnx(self, path: Path) -> None:
        network = Answering(self._network(), self.heads, self.answers_of)
        export_network(network, path, self.example_inputs())

    def _network(self) -> nn.Module:
        if self.network is None:
            raise NotFitted(f"{self.name} has not been fitted or loaded")
        return self.network


def _some(n: int) -> npt.NDArray[np.int64]:
    """About sixteen positions spread over `n`."""
    return np.arange(0, n, max(1, n // 16))


def _joined(parts: list[Answers]) -> Answers:
    """Answers of several batches in one; where they have a time of their own, the shorter ones end in zeros."""
    found = {}
    for name in parts[0]:
        arrays = [part[name] for part in parts]
        longest = max((array.shape[1] for array in arrays if array.ndim > 2), default=0)
        found[name] = np.concatenate([_stretched(array, longest) if array.ndim > 2 else array for array in arrays])
    return found


def _stretched(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    ends = [(0, 0), (0, length - array.shape[1]), *[(0, 0)] * (array.ndim - 2)]
    return np.pad(array, ends) if length > array.shape[1] else array
