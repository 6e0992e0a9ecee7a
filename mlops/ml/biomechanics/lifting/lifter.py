"""MotionBERT-Lite as a component: points of a clip → points in space, and vectors of the motion.

It needs torch, so the site asks it through serve_models ("part:motionbert-lite"). Without its weights PartMissing says
where they come from; nothing else here depends on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlops.ml.biomechanics.lifting.windows import MAX_FRAMES, Motion, blended, mirrored, motion_of, window_starts
from mlops.ml.contract import BadValue
from mlops.ml.parts.component import Component

ROOT = 0
AT_ONCE = 4
"""Windows in one run."""
WIDTH = 512


@dataclass(frozen=True)
class Lifted:
    """Points in space (frames, 17, 3) in the order of H36M: x to the right, y down, z away from the camera.

    The unit is that of the points that were given, and the middle of the hips in the first frame has depth 0. One
    camera does not say how large or how far away a person is: nothing here is in metres.
    """

    points: npt.NDArray[np.float32]
    by: str = "motionbert-lite"


class MotionLifter(Component):
    """Clips of 2-D points → 3-D points or embeddings.

    flip  looks at each clip in a mirror, too, and takes the mean: twice the time, a little more exact

    >>> lifter = MotionLifter()
    >>> lifter.lift(points, scores, "coco17").points.shape     # doctest: +SKIP
    (240, 17, 3)
    """

    part: ClassVar[str] = "motionbert-lite"
    takes: ClassVar[str] = ""
    max_batch = 4

    def __init__(
        self, model_id: str | Path | None = None, device: str = "auto", *, threads: int = 1, flip: bool = False
    ) -> None:
        super().__init__(model_id, device, threads=threads)
        self.flip = flip

    def lift(
        self, points: npt.NDArray[np.floating], scores: npt.NDArray[np.floating], keypoint_set: str
    ) -> Lifted:  # fmt: skip
        """Points (frames, n, 2) and scores (frames, n) of any known set; any number of frames.

        Raises PartMissing, BadArtifact, BadShape, BadValue, NotEnoughData where nobody is seen.
        """
        motion = motion_of(points, scores, keypoint_set)
        found = self._over(motion, 0)
        if self.flip:
            other = self._over(Motion(mirrored(motion.input), motion.middle, motion.half), 0)
            found = (found + mirrored(other)) / 2
        found = found - np.array([0, 0, found[0, ROOT, 2]], np.float32)
        found = found * motion.half
        found[..., :2] += motion.middle
        return Lifted(found.astype(np.float32))

    def embed(
        self, points: npt.NDArray[np.floating], scores: npt.NDArray[np.floating], keypoint_set: str
    ) -> npt.NDArray[np.float32]:
        """(frames, 17, 512) from −1 to 1: what the network makes of each joint in each frame. Raises as `lift`."""
        return self._over(motion_of(points, scores, keypoint_set), 1)

    def answer(self, inputs: list[Any]) -> list[Any]:
        """Of {"points", "scores", "keypoint_set"}: {"points" (frames, 17, 3)}, or with "give": "embedding" the mean
        over time and joints {"embedding" (512,)}; what the models server calls. Raises as `lift`."""
        return [self._answer(one) for one in inputs]

    def _answer(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict) or not {"points", "scores"} <= set(given):
            raise BadValue("give points, scores and keypoint_set")
        points, scores = np.asarray(given["points"], np.float64), np.asarray(given["scores"], np.float64)
        keypoint_set = str(given.get("keypoint_set", "coco17"))
        if given.get("give") == "embedding":
            return {"embedding": self.embed(points, scores, keypoint_set).mean((0, 1)), "by": self.model_id}
        return {"points": self.lift(points, scores, keypoint_set).points, "by": self.model_id}

    def _load(self, folder: Path) -> None:
        import torch

        from mlops.ml.biomechanics.lifting.checkpoint import load_network

        on_gpu = self.device != "cpu" and torch.cuda.is_available()
        self._on = "cuda" if on_gpu else "cpu"
        self._network = load_network(folder).to(self._on)

    def _close(self) -> None:
        del self._network

    def _over(self, motion: Motion, which: int) -> npt.NDArray[np.float32]:
        """One output of the network (0 points, 1 representation) for all frames."""
        self.load()
        values, n = motion.input, len(motion.input)
        starts = window_starts(n)
        windows = [values[start : start + MAX_FRAMES] for start in starts]
        return blended(self._run(windows, which), starts, n)

    def _run(self, windows: Sequence[npt.NDArray[np.float32]], which: int) -> list[npt.NDArray[np.float32]]:
        import torch

        from mlops.ml.torch_onnx import torch_threads

        found: list[npt.NDArray[np.float32]] = []
        with torch_threads(self.threads), torch.inference_mode():
            for first in range(0, len(windows), AT_ONCE):
                batch = torch.from_numpy(np.stack(windows[first : first + AT_ONCE])).to(self._on)
                found.extend(self._network(batch)[which].cpu().numpy())
        return found
