"""Heads in torch: the losses they are trained with, the answers they give, and how right they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softplus

from mlops.ml.contract import UNLABELLED
from mlops.ml.heads import GAUSSIAN, LABEL, QUANTILES, Head

Outputs = dict[str, Tensor]


def split(output: Tensor | Mapping[str, Tensor], heads: Sequence[Head]) -> Outputs:
    """A network's output by head: a mapping as it is, one tensor cut along its last axis in the order of the heads."""
    if isinstance(output, Mapping):
        return dict(output)
    if len(heads) < 2:
        return {heads[0].name if heads else "": output}
    return dict(zip([head.name for head in heads], output.split([head.width for head in heads], dim=-1), strict=True))


class HeadsLoss(nn.Module):
    """The weighted sum of the heads' losses; what has no truth neither teaches nor counts.

    class_weights  (classes,) by the name of a head that answers labels; all ones where none is given
    """

    def __init__(self, heads: Sequence[Head], class_weights: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        self.heads = tuple(heads)
        for position, head in enumerate(self.heads):
            given = (class_weights or {}).get(head.name)
            weights = torch.ones(len(head.labels)) if given is None else given
            self.register_buffer(f"weights_{position}", weights, persistent=False)

    def forward(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
        total: Tensor | None = None
        for position, head in enumerate(self.heads):
            if head.name not in targets:
                continue
            output, y = outputs[head.name], targets[head.name]
            if head.kind == LABEL:
                loss = label_loss(output, y, getattr(self, f"weights_{position}"))
            else:
                loss = number_loss(head, output, y)
            loss = loss if head.weight == 1.0 else head.weight * loss
            total = loss if total is None else total + loss
        return next(iter(outputs.values())).sum() * 0.0 if total is None else total


def label_loss(logits: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy of logits (…, classes) against labels (…), averaged over what has a label."""
    logits, y = logits.reshape(-1, logits.shape[-1]), _as_long_as(logits, y).reshape(-1)
    summed = cross_entropy(logits, y, weights, ignore_index=UNLABELLED, reduction="sum")
    return summed / weights[y[y != UNLABELLED]].sum().clamp(min=1e-8)


def number_loss(head: Head, output: Tensor, y: Tensor) -> Tensor:
    """Squared error, the negative log likelihood of a normal distribution, or the pinball loss (Koenker & Bassett
    1978) of the median and both ends; of standardised numbers, averaged over those that are known."""
    y = _as_long_as(output, y).reshape(*output.shape[:-1], head.size)
    there = torch.isfinite(y)
    z = (torch.where(there, y, 0.0) - y.new_tensor(head.centre)) / y.new_tensor(head.spread)
    middle, low, high = _parts(head, output)
    if head.kind == GAUSSIAN:
        log_variance = 2 * low
        loss = 0.5 * (log_variance + (z - middle).square() * torch.exp(-log_variance))
    elif head.kind == QUANTILES:
        tail = (1 - head.coverage) / 2
        loss = _pinball(z - low, tail) + _pinball(z - middle, 0.5) + _pinball(z - high, 1 - tail)
    else:
        loss = (z - middle).square()
    return torch.where(there, loss, 0.0).sum() / there.sum().clamp(min=1)


def head_answers(head: Head, output: Tensor) -> Outputs:
    """What a head says, by the names of `Head.answers`: probabilities, or numbers (…, size) in their own units."""
    if head.kind == LABEL:
        return {head.answers[0]: torch.softmax(output, dim=-1)}
    middle, low, high = _parts(head, output)
    if head.kind == GAUSSIAN:
        z = NormalDist().inv_cdf(0.5 + head.coverage / 2)
        spread = torch.exp(low)
        low, high = middle - z * spread, middle + z * spread
    centre, scale = output.new_tensor(head.centre), output.new_tensor(head.spread)
    values = [part * scale + centre for part in (middle, low, high)]
    return dict(zip(head.answers, values, strict=False))


def _parts(head: Head, output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(value, low, high) in standardised numbers; low and high of a gaussian head are the log of its deviation."""
    if head.kind == GAUSSIAN:
        middle, log_sd = output.split(head.size, dim=-1)
        log_sd = log_sd.clamp(-6.0, 6.0)
        return middle, log_sd, log_sd
    if head.kind == QUANTILES:
        middle, below, above = output.split(head.size, dim=-1)
        return middle, middle - softplus(below), middle + softplus(above)
    return output, output, output


def _as_long_as(output: Tensor, y: Tensor) -> Tensor:
    """The truth of every moment, cut to the longest example of the batch; other truths as they are."""
    return y[:, : output.shape[1]] if output.ndim > 2 and y.ndim > 1 else y


def _pinball(error: Tensor, quantile: float) -> Tensor:
    return torch.maximum(quantile * error, (quantile - 1) * error)


class Tally:
    """Loss and right answers of one epoch, summed up batch by batch; sums of several processes can be added."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self.heads = tuple(heads)
        # loss, examples, then of each head: right or error, known, squared error
        self.sums = [0.0] * (2 + 3 * len(self.heads))

    def add(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor], loss: float, n: int) -> None:
        """Count a batch of `n` examples."""
        self.sums[0] += loss * n
        self.sums[1] += n
        for at, head in zip(range(2, len(self.sums), 3), self.heads, strict=True):
            if head.name not in targets:
                continue
            output, y = outputs[head.name].detach(), _as_long_as(outputs[head.name], targets[head.name])
            if head.kind == LABEL:
                there = y != UNLABELLED
                self.sums[at] += float((output.argmax(-1) == y)[there].sum())
            else:
                y = y.reshape(*output.shape[:-1], head.size)
                there = torch.isfinite(y)
                error = (head_answers(head, output)[head.answers[0]] - y)[there]
                self.sums[at] += float(error.abs().sum())
                self.sums[at + 2] += float(error.square().sum())
            self.sums[at + 1] += float(there.sum())

    def row(self, part: str) -> dict[str, float]:
        """``train_loss`` and ``train_accuracy``, or ``train_mae`` and ``train_rmse``, with the name of the head
        where it has one."""
        row = {f"{part}_loss": self.sums[0] / max(1.0, self.sums[1])}
        for at, head in zip(range(2, len(self.sums), 3), self.heads, strict=True):
            of, known = f"{part}_{head.name}" if head.name else part, max(1.0, self.sums[at + 1])
            row[f"{of}_{'accuracy' if head.kind == LABEL else 'mae'}"] = self.sums[at] / known
            if head.kind != LABEL:
                row[f"{of}_rmse"] = (self.sums[at + 2] / known) ** 0.5
        return row


def inverse_frequency(y: Tensor, n_classes: int) -> Tensor:
    """Class weights, 1 on average over the examples; a class without examples weighs nothing."""
    counts = torch.bincount(y, minlength=n_classes).float()
    weights = torch.where(counts > 0, len(y) / counts.clamp(min=1), torch.zeros(()))
    return weights / (counts > 0).sum()
