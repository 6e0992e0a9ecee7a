"""Stretches of videos as vectors: statistics here, MotionBERT through serve_models."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import MLError
from mlops.ml.hosting.errors import ModelError
from mlops.ml.parts.serving import PART
from mlops.ml.parts.store import PartMissing, missing, store
from mlops.ml.vision.movement.embedding import MOTIONBERT, STATISTICS, embed
from mlops.ml.vision.movement.landmark_file import Landmarks, read_landmarks
from mlops.serving.services.models import remote_scorer
from sessions.selectors.video_features import VideoFeatures, feature_file


class EmbeddingAway(MLError):
    """The models server does not answer for an embedding just now."""

    code = "model_away"


def video_landmarks(video: VideoFeatures) -> Landmarks:
    """The landmarks of a video, its confirmed labels as spans. Raises UnreadableInput."""
    with feature_file(video) as path:
        found = read_landmarks(path)
    spans = found.spans if video.spans is None else [(float(a), float(b), label) for a, b, label in video.spans]
    return replace(found, spans=spans)


def stretches_embed(
    landmarks: Landmarks, spans: Sequence[tuple[float, float]], by: str
) -> list[npt.NDArray[np.float32] | None]:
    """A vector for each stretch, None where nobody is seen. Raises BadValue, PartMissing, EmbeddingAway."""
    if by == MOTIONBERT and store().find(MOTIONBERT) is None:
        gone = missing(MOTIONBERT)
        raise PartMissing(MOTIONBERT, gone.n_bytes, f"{gone.remedy} {STATISTICS} needs no weights.")
    return embed([landmarks.between(start_s, end_s) for start_s, end_s in spans], by, _ask)


def _ask(requests: list[Any]) -> list[Any]:
    try:
        return list(remote_scorer(f"{PART}:{MOTIONBERT}").answer(requests))
    except ModelError as error:
        raise EmbeddingAway(f"MotionBERT does not answer: {error.detail}") from error
