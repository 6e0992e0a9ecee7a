"""Fit the network to generated scenes; one thread, a few minutes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mlops.ml.contract import BadValue
from mlops.ml.vision.own_detector.network import SIDE, DetectorNet
from mlops.ml.vision.own_detector.scene_set import SceneSet, batches, rendered
from mlops.ml.vision.own_detector.targets import loss_of, targets_of
from mlops.ml.vision.scenes.scene import CLASSES

OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DetectorSettings:
    """What a training can be told: pictures and passes over them, the size of a step, threads, seed."""

    n_scenes: int = 4000
    n_held_out: int = 300
    epochs: int = 12
    batch: int = 16
    learning_rate: float = 2e-3
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.n_scenes, self.n_held_out, self.epochs, self.batch, self.threads) < 1:
            raise BadValue("scenes, passes, pictures a step and threads are whole numbers from 1 on")
        if self.n_scenes < self.batch:
            raise BadValue("there must be at least as many scenes as pictures a step")

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON-ready values."""
        return asdict(self)


def fit(settings: DetectorSettings, folder: Path, on_step: OnStep) -> tuple[DetectorNet, dict[str, Any]]:
    """A trained network, and what it took. Scenes lie in `folder` meanwhile; `on_step` may raise Cancelled."""
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    begun = time.process_time()
    scenes = rendered(settings.n_scenes, SIDE, 2 * settings.seed, folder, lambda done, n: on_step("scenes", done, n))
    rendered_s = time.process_time() - begun
    net = DetectorNet(len(CLASSES)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    losses = _passes(net, scenes, settings, on_step)
    facts = {"losses": losses, "cpu_s": {"scenes": round(rendered_s), "all": round(time.process_time() - begun)}}
    return net.eval(), facts


def _passes(net: DetectorNet, scenes: SceneSet, settings: DetectorSettings, on_step: OnStep) -> list[float]:
    n_steps = settings.epochs * (len(scenes) // settings.batch)
    optimiser = torch.optim.AdamW(net.parameters(), settings.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, n_steps, pct_start=0.08)
    rng, step, losses = np.random.default_rng(settings.seed), 0, []
    net.train()
    for _ in range(settings.epochs):
        total, n = 0.0, 0
        for rgb, boxes in batches(scenes, settings.batch, rng):
            pictures = torch.from_numpy(rgb).permute(0, 3, 1, 2).float().div(255)
            with torch.autocast("cpu", torch.bfloat16):
                answer = net(pictures.contiguous(memory_format=torch.channels_last))
            loss = loss_of(answer, *targets_of(boxes, net.n_classes, SIDE), net.n_classes)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
            optimiser.step()
            schedule.step()
            step, total, n = step + 1, total + float(loss.detach()), n + 1
            on_step("steps", step, n_steps)
        losses.append(round(total / max(1, n), 4))
    return losses
