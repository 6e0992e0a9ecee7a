"""Windows of videos in the review queue: what nobody has labelled, what waits for a yes or no, where decisions go.

What is labelled and decided lies with the shelf of feature files (`sessions.selectors.video_features`).
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops.kinds.review import Corrections, Media, Proposal, ReviewHooks, Unlabelled
from mlops.ml.contract import UnreadableInput
from mlops.ml.vision.task_windows import seen_share
from mlops.ml.windows import WindowSpec
from sessions.selectors.video_features import shelf, video_windows

MAX_VIDEOS = 200
MAX_EACH = 200
"""Windows of one video that are scored, so that one long video does not fill the queue."""


class VideoReview(ReviewHooks):
    """Windows of videos whose people let them teach models."""

    def unlabelled(self, task: Any, manifest: Mapping[str, Any]) -> Iterator[Unlabelled]:
        step = WindowSpec.from_json(manifest["window_spec"])
        for video in list(shelf().unlabelled())[:MAX_VIDEOS]:
            if video.athlete_id is None:
                continue
            try:
                inputs = video_windows(video, manifest, stride=step.length)
            except UnreadableInput:
                continue
            seen = seen_share(inputs.values, manifest["layout"]["channels"])
            spans = video.spans or ()
            free = [
                n for n in range(len(inputs))
                if seen[n] > 0.5
                and not any(inputs.at(n).start_s < end and inputs.at(n).end_s > start for start, end, _ in spans)
            ]  # fmt: skip
            if free := free[:: max(1, -(-len(free) // MAX_EACH))]:
                yield Unlabelled(uuid.UUID(video.key), video.athlete_id, inputs.take(free))

    def proposals(self, task: Any) -> Iterable[Proposal]:
        return shelf().proposals(_labels(task))

    def settled(self, spans: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        return shelf().settled(spans)

    def decide(
        self, item: Any, *, action: str, label: str, correction: Any, by: Any
    ) -> Mapping[str, Any] | None:
        return shelf().decide(item, action=action, label=label, by=by)

    def undo(self, item: Any, written: Mapping[str, Any], *, by: Any) -> None:
        shelf().undo(item, written)

    def media(self, item: Any) -> Media:
        return shelf().media(item)

    def corrections(self, task: Any) -> Corrections:
        reviewed, waiting = shelf().corrected(_labels(task))
        return Corrections(len(reviewed), len(waiting))

    def corrections_in(self, task: Any, directory: Path) -> tuple[int, int]:
        wanted = set(shelf().corrected(_labels(task))[0])
        held = {path.name for path in (directory / "shards").iterdir()}
        return len(wanted & held), len(wanted)


def _labels(task: Any) -> list[str]:
    return list(task.label_set.names) if task.label_set else []
