"""Features of clips by VideoMAE (Tong et al. 2022) or another video model of transformers, such as ViViT.

Needs torch: the site asks it through serve_models ("part:videomae-kinetics").
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact
from mlops.ml.parts.component import Component
from mlops.ml.vision.clips.frames import Clip, checked, spread

USUAL_FRAMES = 16


class ClipFeatures(Component):
    """Clips → one vector each: the mean of what the network says of all parts of the clip.

    >>> ClipFeatures().features([clip]).shape     # doctest: +SKIP
    (1, 384)
    """

    part: ClassVar[str] = "videomae-kinetics"
    takes: ClassVar[str] = ""
    max_batch = 2

    def features(self, clips: Sequence[Clip]) -> npt.NDArray[np.float32]:
        """(n, width) of clips (frames, height, width, 3) uint8 of any length; 16 frames of each are looked at.

        Raises PartMissing, BadArtifact, BadShape, BadValue.
        """
        clips = [checked(clip) for clip in clips]
        self.load()
        found = [self._of(clip[spread(len(clip), self.n_frames)]) for clip in clips]
        return np.stack(found) if found else np.zeros((0, self.width), np.float32)

    def answer(self, inputs: list[Any]) -> list[Any]:
        """{"features" (width,), "by"} of each clip; what the models server calls."""
        return [{"features": one, "by": self.model_id} for one in self.features(inputs)]

    def _load(self, folder: Path) -> None:
        import torch
        from transformers import AutoImageProcessor, AutoModel

        told = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._processor = AutoImageProcessor.from_pretrained(folder, backend="pil", **told)
            network = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, **told)
        except Exception as error:  # the library raises many unrelated types for a foreign folder
            raise BadArtifact(
                f"{folder.name} is no folder of a video model for transformers: {str(error)[:200]}"
            ) from error
        config = network.config
        self.n_frames = int(getattr(config, "num_frames", 0) or getattr(config, "frames_per_clip", 0) or USUAL_FRAMES)
        self.width = int(config.hidden_size)
        self._on = "cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu"
        self._network = network.eval().to(self._on)

    def _close(self) -> None:
        del self._network, self._processor

    def _of(self, frames: Clip) -> npt.NDArray[np.float32]:
        import torch

        from mlops.ml.torch_onnx import torch_threads

        given = self._processor(list(frames), return_tensors="pt")
        values = given["pixel_values"] if "pixel_values" in given else given["pixel_values_videos"]
        values = values if values.ndim == 5 else values[None]
        with torch_threads(self.threads), torch.inference_mode():
            hidden = self._network(values.to(self._on)).last_hidden_state
        found: npt.NDArray[np.float32] = hidden[0].mean(0).float().cpu().numpy()
        return found
