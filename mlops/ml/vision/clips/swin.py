"""Video Swin (Liu et al. 2022) where torchvision is: an adapter for an environment of its own.

torchvision breaks image processors here, so it is never a dependency; without it the message says what to use instead.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact
from mlops.ml.parts.store import PartMissing
from mlops.ml.vision.clips.features import ClipFeatures
from mlops.ml.vision.clips.frames import Clip

SIZES = {"tiny": (96, "swin3d_t"), "small": (96, "swin3d_s"), "base": (128, "swin3d_b")}
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE, N_FRAMES = 224, 32
REMEDY = (
    "Video Swin needs torchvision, which breaks other libraries here. Use videomae-kinetics, or run this part in an "
    "environment of its own."
)


class VideoSwin(ClipFeatures):
    """As `ClipFeatures`, by a Video Swin network of torchvision with weights as safetensors under its names."""

    part = "video-swin"

    def load(self) -> None:
        if not self.is_loaded and find_spec("torchvision") is None:
            raise PartMissing(self.part, remedy=REMEDY)
        super().load()

    def _load(self, folder: Path) -> None:
        import torch
        from safetensors.torch import load_file
        from torch import nn
        from torchvision.models import video  # type: ignore[import-not-found]

        files = sorted(folder.glob("*.safetensors"))
        if len(files) != 1:
            raise BadArtifact(f"{folder.name} must contain one file of safetensors")
        try:
            state = {name: value for name, value in load_file(files[0]).items() if not name.startswith("head.")}
            network = getattr(video, _size_of(state))(weights=None)
            network.head = nn.Identity()
            network.load_state_dict(state)
        except (RuntimeError, KeyError, OSError) as error:
            raise BadArtifact(f"{files[0].name} is no Video Swin of torchvision: {str(error)[:200]}") from error
        self.n_frames, self.width = N_FRAMES, int(network.num_features)
        self._on = "cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu"
        self._network = network.eval().to(self._on)

    def _close(self) -> None:
        del self._network

    def _of(self, frames: Clip) -> npt.NDArray[np.float32]:
        import torch

        from mlops.ml.torch_onnx import torch_threads

        values = torch.from_numpy(np.stack([_square(frame) for frame in frames]).transpose(3, 0, 1, 2)[None])
        with torch_threads(self.threads), torch.inference_mode():
            found: npt.NDArray[np.float32] = self._network(values.to(self._on))[0].float().cpu().numpy()
        return found


def _size_of(state: dict[str, Any]) -> str:
    """The name of the network whose weights these are. Raises KeyError."""
    width = int(state["patch_embed.proj.weight"].shape[0])
    n_deep = len({name.split(".")[2] for name in state if name.startswith("features.4.")})
    if width == SIZES["base"][0]:
        return SIZES["base"][1]
    return SIZES["small" if n_deep > 6 else "tiny"][1]


def _square(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The middle square of a frame as z-values."""
    from PIL import Image

    height, width = frame.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    cut = Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
    return ((np.asarray(cut, np.float32) / 255 - MEAN) / SPREAD).astype(np.float32)
