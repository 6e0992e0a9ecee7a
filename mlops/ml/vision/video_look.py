"""What a library of videos shows of one: its facts and a picture. To be called in a limited child."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.ml.contract import UnreadableInput
from mlops.ml.vision.video.facts import VideoFacts, opened, read_facts, readable

POSTER_PX = 640
"""Longer side of the picture."""
POSTER_AT = 0.25
"""Share of the clip at which it is taken: people have come into view by then."""


@dataclass(frozen=True)
class VideoLook:
    """facts of the whole clip; duration_s: to the end of its last frame; poster: PNG, upright."""

    facts: VideoFacts
    duration_s: float
    poster: bytes


def look_at_video(path: Path) -> VideoLook:
    """Raises UnreadableInput as `read_facts` does."""
    facts = read_facts(path)
    picture = _picture(path, facts.start_s + POSTER_AT * float(facts.t_s[-1]))
    if facts.rotation:
        picture = picture.rotate(-facts.rotation, expand=True)
    share = min(1.0, POSTER_PX / max(facts.width, facts.height))
    picture = picture.resize((max(1, round(facts.width * share)), max(1, round(facts.height * share))))
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return VideoLook(facts, round(float(facts.t_s[-1]) + 1 / facts.rate_hz, 6), kept.getvalue())


def _picture(path: Path, at_s: float) -> Any:
    """The first picture from a time on that can be decoded; else the very first."""
    for begin_s in (at_s, None):
        with opened(path) as (file, stream):
            if begin_s is not None:
                file.seek(max(0, int(begin_s / stream.time_base)), stream=stream)
            for frame in readable(iter(file.decode(stream))):
                if isinstance(frame, Exception):
                    break
                if begin_s is None or frame.time is None or frame.time >= begin_s:
                    return frame.to_image()
    raise UnreadableInput("This video is damaged: no picture of it can be shown.", code="unreadable_media")
