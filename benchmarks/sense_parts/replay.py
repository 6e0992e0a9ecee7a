"""Plays a recording through everything that a live stream goes through, without sockets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.abstention import NO_CLASS, Guard
from mlops.ml.sensors.online import OnlineWindower
from mlops.ml.sensors.sets import SetRecord
from mlops.ml.sensors.stream_sense import StreamSense
from mlops.ml.windows import WindowSpec

FRAME = 25
Span = tuple[float, float, str]


@dataclass(frozen=True)
class Model:
    """Answers raw windows (n, length, channels): `proba` gives (n, classes)."""

    labels: tuple[str, ...]
    spec: WindowSpec
    proba: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
    abstain_below: float
    guard: Guard | None


@dataclass(frozen=True)
class Announcement:
    """From `at_s` on `label` was announced; `raw` when it would have been without steadying."""

    at_s: float
    label: str


@dataclass(frozen=True)
class Played:
    """What a page would have shown: announcements of exercises as they began, raw ones likewise, rest, sets."""

    announced: list[Announcement]
    raw: list[Announcement]
    rests: list[tuple[float, float]]
    sets: list[SetRecord]


def play(
    t_s: npt.NDArray[np.float64], samples: npt.NDArray[Any], channels: Sequence[tuple[str, str]], model: Model | None,
    *, stride: int,
) -> Played:
    """Frames of 25 samples; `stride` samples of the model's rate between answers; without a model only movement."""
    events: list[tuple[str, dict[str, Any]]] = []
    sense = StreamSense(
        channels=[{"name": name, "unit": unit} for name, unit in channels],
        post=lambda event, data: events.append((event, data)),
    )
    samples = np.ascontiguousarray(samples, np.float32)
    frames = [(t_s[at : at + FRAME], samples[at : at + FRAME]) for at in range(0, len(t_s), FRAME)]
    answers = _answers(frames, model, stride) if model is not None else [[] for _ in frames]
    announced, raw = _Changes(), _Changes()
    for (t, x), given in zip(frames, answers, strict=True):
        sense.push(t, x, has_model=model is not None)
        for answer in given:
            sense.answered(answer)
            announced.see(answer["end_s"], answer["announced"])
            raw.see(answer["end_s"], None if answer["abstained"] else answer["exercise"])
    return Played(announced.begun, raw.begun, _rests(events, float(t_s[-1])), sense.book.told())


class _Changes:
    def __init__(self) -> None:
        self.now: str | None = None
        self.begun: list[Announcement] = []

    def see(self, at_s: float, label: str | None) -> None:
        if label != self.now and label not in (None, "rest"):
            self.begun.append(Announcement(at_s, label))
        self.now = label


def _answers(frames: Sequence[tuple[Any, Any]], model: Model, stride: int) -> list[list[dict[str, Any]]]:
    windower = OnlineWindower(dataclasses.replace(model.spec, stride=stride), frames[0][1].shape[1])
    cut = [windower.push(t, x) for t, x in frames]
    windows = [window for group in cut for window in group]
    if not windows:
        return [[] for _ in cut]
    x = np.stack([window.x for window in windows])
    proba = np.concatenate([model.proba(x[at : at + 256]) for at in range(0, len(x), 256)])
    named = proba.argmax(axis=1)
    known = np.ones(len(x), bool) if model.guard is None else model.guard.knows(x, named)
    rows = iter(
        {
            "exercise": model.labels[name], "start_s": window.start_s, "end_s": window.end_s,
            "abstained": bool(
                not is_known or model.labels[name] in NO_CLASS or row[name] < model.abstain_below
            ),
        }
        for window, row, name, is_known in zip(windows, proba, named, known, strict=True)
    )
    return [[next(rows) for _ in group] for group in cut]


def _rests(events: Sequence[tuple[str, dict[str, Any]]], end_s: float) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    begun: float | None = None
    for event, data in events:
        if event == "rest":
            if data["resting"]:
                begun = data["since_s"]
            elif begun is not None:
                spans.append((begun, max(begun, data["since_s"])))
                begun = None
    return spans if begun is None else [*spans, (begun, end_s)]
