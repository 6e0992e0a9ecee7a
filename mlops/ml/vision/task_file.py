"""MediaPipe's task files, made of the networks as the npm packages carry them.

A task file is a ZIP without compression of a detector and a landmark network. The Tasks API reads from each how pixels
become its input ((pixel − mean) / std), which the networks of the older packages do not say: it is added here.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from mlops.ml.contract import BadArtifact

DETECTOR, LANDMARKS = "detector.tflite", "landmarks.tflite"
"""The files of a part's folder of which a task file is made."""
TASK_FILE = "landmarker.task"
_SIGNED = (127.5, 127.5)
_UNSIGNED = (0.0, 255.0)
"""Mean and spread that bring pixels to −1 … 1 and to 0 … 1."""
_PALMS = slice(11, 2_341_291)
"""Where the full palm detector lies in the packed assets of @mediapipe/hands, as their loader states."""


def pose(source_folder: Path, target: Path) -> None:
    """The task file of `PoseLandmarker`. Raises BadArtifact."""
    folder = Path(source_folder)
    detector, landmarks = (folder / DETECTOR).read_bytes(), (folder / LANDMARKS).read_bytes()
    _bundle(target, {"pose_detector": (detector, _SIGNED), "pose_landmarks_detector": (landmarks, _UNSIGNED)})


def hands(source_folder: Path, target: Path) -> None:
    """The task file of `HandLandmarker`; its detector is cut out of the packed assets. Raises BadArtifact."""
    folder = Path(source_folder)
    _hands((folder / DETECTOR).read_bytes()[_PALMS], (folder / LANDMARKS).read_bytes(), target)


def bare_hands(source_folder: Path, target: Path) -> None:
    """The same where the detector lies by itself. Raises BadArtifact."""
    folder = Path(source_folder)
    _hands((folder / DETECTOR).read_bytes(), (folder / LANDMARKS).read_bytes(), target)


def _hands(detector: bytes, landmarks: bytes, target: Path) -> None:
    _bundle(target, {"hand_detector": (detector, _UNSIGNED), "hand_landmarks_detector": (landmarks, _UNSIGNED)})


def _bundle(target: Path, networks: dict[str, tuple[bytes, tuple[float, float]]]) -> None:
    """The same networks give the same file, byte for byte."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        for name, (network, scaling) in networks.items():
            bundle.writestr(zipfile.ZipInfo(f"{name}.tflite"), _scaled(network, *scaling))


def _scaled(network: bytes, mean: float, std: float) -> bytes:
    """A network of TensorFlow Lite that says how its pixels are scaled. Raises BadArtifact."""
    from mediapipe.tasks.python.metadata.metadata_writers.metadata_writer import MetadataWriter

    if network[4:8] != b"TFL3":
        raise BadArtifact("this is no network of TensorFlow Lite")
    try:
        writer = MetadataWriter.create(bytearray(network)).add_image_input([mean], [std])
        return bytes(writer.populate()[0])
    except Exception as error:  # the library raises many unrelated types for a damaged file
        raise BadArtifact("this network of TensorFlow Lite is damaged") from error
