"""Labelled stretches of a video as short clips of pictures, read in a limited child, embedded by a video network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, NotEnoughData
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.clips.features import ClipFeatures
from mlops.ml.vision.clips.frames import spread
from mlops.ml.vision.clips.swin import VideoSwin
from mlops.ml.vision.movement.embedding_file import Embedded
from mlops.ml.vision.movement.landmark_file import runs
from mlops.ml.vision.movement.stretches import Cutting
from mlops.ml.vision.video.facts import read_facts
from mlops.ml.vision.video.frames import Stretch, frames_of
from mlops.ml.vision.video.labels import read_labels

READING = Limits(memory_mib=2048, cpu_s=3600, wall_s=7200)
SIDE = 256
"""Pixels of the shorter side of a clip's pictures."""
_NETWORKS: dict[str, type[ClipFeatures]] = {"videomae-kinetics": ClipFeatures, "video-swin": VideoSwin}


@dataclass(frozen=True)
class LabelledClip:
    """frames (n, height, width, 3) of one labelled stretch."""

    start_s: float
    end_s: float
    label: str
    frames: npt.NDArray[np.uint8]


def read_clips(
    video: Path, labels: Path, window_s: float, step_s: float, n_frames: int, on_clip: Callable[[LabelledClip], None]
) -> int:
    """Tell the examples of a video one after the other; how many there are. Raises UnreadableInput."""
    facts, told = read_facts(video), read_labels(labels)
    spans = runs(facts.t_s, [told.get(number, "") for number in range(len(facts.t_s))])
    examples = Cutting(window_s, step_s).labelled(spans, sorted({label for *_, label in spans}))
    for start_s, end_s, label in examples:
        first, last = (int(one) for one in np.searchsorted(facts.t_s, [start_s - 1e-6, end_s - 1e-6]))
        wanted = {first + one for one in spread(max(1, last - first), n_frames)}
        seen = [_small(one.rgb) for one in frames_of(video, facts, Stretch(first, last)) if one.number in wanted]
        if seen:
            on_clip(LabelledClip(start_s, end_s, label, np.stack(seen)))
    return len(examples)


def embedded_pictures(
    videos: Sequence[Path], labels: Sequence[Path], by: str, cutting: Cutting, network: Any = None
) -> Embedded:
    """Vectors of the labelled stretches of some videos; a CSV `frame_index,label` for each.

    network  a `ClipFeatures` with weights of one's own. Raises PartMissing, UnreadableInput, BadValue, NotEnoughData.
    """
    if by not in _NETWORKS:
        raise BadValue(f"pictures are embedded by one of {', '.join(_NETWORKS)}, not by {by}")
    if len(videos) != len(labels):
        raise BadValue(f"{len(videos)} videos need as many files of labels, not {len(labels)}")
    network = network or _NETWORKS[by](by)
    network.load()
    rows: list[tuple[str, LabelledClip, npt.NDArray[np.float32]]] = []
    for video, csv in zip(videos, labels, strict=True):

        def told(clip: LabelledClip, name: str = video.stem) -> None:
            rows.append((name, clip, network.features([clip.frames])[0]))

        in_child(read_clips, READING)(video, csv, cutting.window_s, cutting.step_s, network.n_frames, on_clip=told)
    if not rows:
        raise NotEnoughData("no video has a labelled stretch")
    names, clips, vectors = zip(*rows, strict=True)
    spans = np.array([(one.start_s, one.end_s) for one in clips])
    return Embedded(by, np.array(names), spans, np.array([one.label for one in clips]), np.stack(vectors))


def _small(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from PIL import Image

    height, width = rgb.shape[:2]
    scale = min(1.0, SIDE / min(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR))
