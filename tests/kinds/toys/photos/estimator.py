"""A label from the colours of a photo."""

from typing import Any, ClassVar

import numpy as np

from mlops.ml.contract import BadShape
from tests.kinds.toys.linear import LinearModel


def colours(image: np.ndarray) -> np.ndarray:
    """(6,) mean and spread of red, green and blue, from 0 to 1."""
    if image.ndim != 3 or image.shape[2] != 3:
        raise BadShape(f"a photo is (height, width, 3), not {image.shape}")
    flat = image.reshape(-1, 3).astype(np.float64) / 255
    return np.concatenate([flat.mean(axis=0), flat.std(axis=0)])


class Colours(LinearModel):
    """Least squares on six numbers."""

    name: ClassVar[str] = "toy_colours"
    title: ClassVar[str] = "Colours"
    summary: ClassVar[str] = "Mean and spread of the colours."
    data_type: ClassVar[str] = "images"

    def features(self, data: Any) -> np.ndarray:
        found = [colours(255 * data.load(i)) for i in range(len(data))]
        return np.array(found).reshape(len(found), 6)
