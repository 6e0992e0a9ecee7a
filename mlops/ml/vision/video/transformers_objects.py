"""An object detector for transformers (RT-DETRv2, D-FINE, YOLOS …) from a folder with safetensors; none of its code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact
from mlops.ml.vision.video.rows import MAX_OBJECTS

MIN_CONFIDENCE = 0.3


class TransformersDetector:
    """Raises BadArtifact where the folder is no such model."""

    def __init__(self, folder: Path) -> None:
        try:
            from transformers import AutoImageProcessor, AutoModelForObjectDetection

            given = {"local_files_only": True, "trust_remote_code": False}
            self._processor = AutoImageProcessor.from_pretrained(folder, backend="pil", **given)
            self._model = AutoModelForObjectDetection.from_pretrained(folder, use_safetensors=True, **given).eval()
        except Exception as error:  # the library raises many unrelated types for a foreign folder
            raise BadArtifact(f"{folder.name} is no folder of an object detector for transformers") from error
        named = self._model.config.id2label
        self.labels = tuple(str(named.get(number, f"class_{number}"))[:100] for number in range(max(named) + 1))

    def find(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(n, 6): class, confidence, left, top, right, bottom as shares of the picture; surest first."""
        import torch

        with torch.inference_mode():
            answer = self._model(**self._processor(images=rgb, return_tensors="pt"))
        read = self._processor.post_process_object_detection
        (found,) = read(answer, threshold=MIN_CONFIDENCE, target_sizes=[(1, 1)])
        order = found["scores"].argsort(descending=True)[:MAX_OBJECTS]
        classes, scores = found["labels"][order, None], found["scores"][order, None]
        rows = torch.cat([classes.float(), scores, found["boxes"][order].clamp(0, 1)], 1)
        return rows.numpy().astype(np.float32)
