"""A copy that every browser plays of a clip that it cannot: H.264, at most 720p, without sound. The original stays."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.video.facts import VideoFacts
from mlops.ml.vision.video.frames import Frame, Stretch, frames_of

LONG_PX, SHORT_PX = 1280, 720
KEY_EVERY = 30
"""Frames from one to which a player can jump to the next."""
TOLD_EVERY = 25
_BASE = Fraction(1, 10_000)
"""Seconds of one tick: uneven times of frames are kept."""
_QUALITY = {"preset": "veryfast", "crf": "24", "g": str(KEY_EVERY)}
MAX_MIB = 4096
FRAME_CPU_S, FRAME_WALL_S = 0.5, 2.0


def preview_of(path: Path, facts: VideoFacts, target: Path, on_frames: Callable[[int], None]) -> None:
    """Write the copy in a limited child; `on_frames` hears of frames done and may raise. Raises UnreadableInput."""
    in_child(write_preview, limits_of(facts))(path, facts, target, on_frames=on_frames)


def limits_of(facts: VideoFacts) -> Limits:
    """Of a child that decodes and encodes every frame of a clip."""
    n = len(facts.t_s)
    return Limits(1536, 120 + int(FRAME_CPU_S * n), 300 + FRAME_WALL_S * n, MAX_MIB)


def write_preview(path: Path, facts: VideoFacts, target: Path, on_frames: Callable[[int], None]) -> None:
    """For the child: every frame as it is."""
    write_copy(path, facts, target, on_frames, lambda frame: frame.rgb)


def write_copy(
    path: Path,
    facts: VideoFacts,
    target: Path,
    on_frames: Callable[[int], None],
    shown: Callable[[Frame], npt.NDArray[np.uint8]],
) -> None:
    """Every frame that can be decoded, upright, at its own time, as `shown` gives its picture (height, width, 3)."""
    import av

    width, height = preview_size(facts.width, facts.height)
    n = 0
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=max(1, round(facts.rate_hz)), options=dict(_QUALITY))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = _BASE
        stream.codec_context.thread_count = 1
        for frame in frames_of(path, facts, Stretch(0, len(facts.t_s))):
            picture = av.VideoFrame.from_ndarray(shown(frame), format="rgb24")
            picture = picture.reformat(width=width, height=height, format="yuv420p")
            picture.pts, picture.time_base = round(float(facts.t_s[frame.number]) / float(_BASE)), _BASE
            out.mux(stream.encode(picture))
            n += 1
            if n % TOLD_EVERY == 0:
                on_frames(n)
        out.mux(stream.encode(None))
    if not n:
        raise UnreadableInput("No frame of this video can be shown: it is damaged.", code="unreadable_media")


def preview_size(width: int, height: int) -> tuple[int, int]:
    """Even sides within 1280 × 720, or 720 × 1280 where it stands upright; never larger than the clip."""
    share = min(1.0, LONG_PX / max(width, height), SHORT_PX / min(width, height))
    return tuple(max(2, round(side * share) // 2 * 2) for side in (width, height))  # type: ignore[return-value]
