"""What can be chosen for an extraction, and the version of its method."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.ml.contract import BadValue

VERSION = "2"
"""Of everything that decides what is found in a video; rises whenever the same file would give other rows."""
SEGMENT_S = 30.0
"""Segments are made from time 0 on, whoever does the work, so that results do not depend on the number of workers."""
WARM_UP_S = 1.0
"""Before each segment, so that what follows a body over time has found it when the segment begins."""
DETECTORS = ("fusion", "mediapipe", "yolo")
BUNDLED = "mediapipe"
"""The networks that the library mediapipe itself carries."""
OWN = "own"
"""The object detector that ships with FitBalance and learned from generated scenes alone."""
NONE = ("", "none")
MAX_WORKERS = 16


@dataclass(frozen=True)
class ExtractOptions:
    """Settings of an extraction.

    detector     "mediapipe": bodies and hands; "yolo": objects; "fusion": both
    sample_rate  every n-th frame of the source
    pose, hands  networks: "mediapipe" (what the library carries), a part of the catalogue, or a folder with a task file
    with_hands   look for the 21 landmarks of each hand, too; without them it is about twice as fast
    objects      "own": the detector that ships with FitBalance; an ONNX file of YOLO, or the folder of an object
                 detector for transformers; "none" or empty: none
    subject      which person is followed: 0 is the one who stands out over the whole clip
    workers      children at work at a time; changes the speed and nothing else
    """

    detector: str = "fusion"
    sample_rate: int = 1
    pose: str = BUNDLED
    hands: str = BUNDLED
    with_hands: bool = True
    objects: str = OWN
    subject: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        if self.detector not in DETECTORS:
            raise BadValue(f"detector is one of {', '.join(DETECTORS)}")
        if self.sample_rate < 1:
            raise BadValue("sample_rate is a whole number from 1 on: every n-th frame")
        if self.subject < 0:
            raise BadValue("subject is a whole number from 0 on")
        if not 1 <= self.workers <= MAX_WORKERS:
            raise BadValue(f"workers is a whole number from 1 to {MAX_WORKERS}")

    @property
    def finds_bodies(self) -> bool:
        return self.detector != "yolo"

    @property
    def finds_objects(self) -> bool:
        return self.detector != "mediapipe" and self.objects not in NONE
