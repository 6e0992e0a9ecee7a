"""Features of squares of photos, through serve_models: what own foods are recognised by."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import MLError
from mlops.ml.hosting.errors import ModelError
from mlops.ml.parts.catalogue import part_of
from mlops.ml.parts.serving import PART
from mlops.ml.parts.store import missing, store
from mlops.ml.vision.photo_squares import square_around, square_cut
from mlops.ml.vision.photos import Photo
from mlops.serving.services.models import remote_scorer

FEATURES_PART = "efficientnet-lite0"


class FeaturesAway(MLError):
    """No features can be made now: the part is missing, or the models server does not answer."""

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.code = code


def features_made_by() -> str:
    """Part and version; features of another do not compare."""
    return f"{FEATURES_PART}:{part_of(FEATURES_PART).digest[:16]}"


def squares_of(photo: Photo, boxes: Sequence[Sequence[float] | None]) -> list[Photo]:
    """The square around each box of a photo (height, width, 3)."""
    height, width = photo.shape[:2]
    return [square_cut(photo, square_around(box, width, height)) for box in boxes]


def squares_features(squares: Sequence[Photo]) -> list[npt.NDArray[np.float32]]:
    """(1280,) of each square. Raises FeaturesAway."""
    if store().find(FEATURES_PART) is None:
        raise FeaturesAway(str(missing(FEATURES_PART)), code="part_missing")
    try:
        return list(remote_scorer(f"{PART}:{FEATURES_PART}").answer(list(squares)))
    except ModelError as error:
        raise FeaturesAway(error.detail, code="model_away") from error
