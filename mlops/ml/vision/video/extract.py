"""From a video to one Parquet file of features.

    extract_features(Path("squat.mp4"), Path("squat_features.parquet"), ExtractOptions(workers=2))

The video is cut into segments of 30 s from time 0 on, each with a second of warm-up before it; limited children work on
them and tell of what they find, which is kept beside the output until all is there. Work that broke off goes on at the
first missing segment. People are linked, and the subject chosen, over the whole clip at the end.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.artifact import sha256_of
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.video.facts import VideoFacts, read_facts
from mlops.ml.vision.video.finish import finish
from mlops.ml.vision.video.labels import read_labels
from mlops.ml.vision.video.networks import facts_of, networks_for
from mlops.ml.vision.video.options import SEGMENT_S, VERSION, WARM_UP_S, ExtractOptions
from mlops.ml.vision.video.segment import Segment
from mlops.ml.vision.video.work import work_for
from mlops.ml.vision.video.workers import OnProgress, ignore_progress, run_segments

LOOKING = Limits(memory_mib=1024, cpu_s=600, wall_s=1200, file_mib=1)
READING_LABELS = Limits(memory_mib=512, cpu_s=30, wall_s=60, file_mib=1)


def extract_features(
    video: Path,
    output: Path,
    options: ExtractOptions | None = None,
    *,
    labels: Path | None = None,
    video_id: str = "",
    on_progress: OnProgress = ignore_progress,
) -> dict[str, Any]:
    """Write the features of a video; returns what the file says about itself (`table.facts_of_file`).

    labels       a CSV `frame_index,label`; with it the file has a column `label`
    video_id     of the column of that name; by default the video's name without its ending
    on_progress  is told of Progress a few times a second, in this thread; may raise Cancelled

    Raises UnreadableInput where the video or the labels cannot be read, PartMissing, BadArtifact, BadValue, Busy.
    """
    chosen = options or ExtractOptions()
    given = None if labels is None else in_child(read_labels, READING_LABELS)(labels)
    facts = in_child(read_facts, LOOKING)(video.absolute())
    networks = networks_for(chosen)
    used = facts_of(networks, chosen)
    output.parent.mkdir(parents=True, exist_ok=True)
    with work_for(output) as work:
        settings = asdict(chosen) | {"workers": None, "subject": None}
        work.begin({"version": VERSION, "video": sha256_of(video), "settings": settings, "networks": used})
        segments = segments_of(facts, chosen.sample_rate)
        run_segments(work, segments, chosen.workers, video.absolute(), facts, networks, on_progress)
        named = video_id or video.stem
        return finish(output, work.get, segments, facts, chosen, networks=used, labels=given, video_id=named)


def segments_of(facts: VideoFacts, every: int) -> list[Segment]:
    """The fixed grid: frames from k · 30 s to (k + 1) · 30 s, each segment with the second before it as warm-up."""
    n = len(facts.t_s)
    bounds = np.arange(0.0, float(facts.t_s[-1]) + SEGMENT_S, SEGMENT_S)
    cuts = [int(one) for one in np.searchsorted(facts.t_s, bounds)]
    warm = [int(one) for one in np.searchsorted(facts.t_s, bounds - WARM_UP_S)]
    found = [Segment(w, a, b, every) for w, a, b in zip(warm, cuts, [*cuts[1:], n], strict=True)]
    return [one for one in found if one.n_rows]
