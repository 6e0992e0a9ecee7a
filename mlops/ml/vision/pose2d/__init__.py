"""Points of a body in a picture, from whichever network is here, in one shape.

    keypoints.py     sets of points (17, 33, 133, 17 of H36M), and how one becomes another
    found.py         what every network answers
    component.py     what the networks have in common
    network.py       an ONNX file on the graphics card or the processor
    yolo_pose.py     YOLO-pose as ONNX: several people, 17 points
    ultralytics.py   the same by a model of the library ultralytics that the caller has opened
    rtmpose.py       RTMPose as ONNX (SimCC): 133 points of whoever stands in a box
    mediapipe.py     MediaPipe lite, full, heavy and the network that its library carries: 33 points
    pipeline.py      one after the other until one answers, and what was used

>>> from mlops.ml.vision.pose2d import PosePipeline
>>> PosePipeline(use_fallback=False).infer_2d("squat.jpg").keypoints.shape     # doctest: +SKIP
(17, 2)
"""

from mlops.ml.vision.pose2d.found import Pose2D
from mlops.ml.vision.pose2d.keypoints import convert, mapping, unmapped
from mlops.ml.vision.pose2d.pipeline import ORDER, PosePipeline

__all__ = ["ORDER", "Pose2D", "PosePipeline", "convert", "mapping", "unmapped"]
