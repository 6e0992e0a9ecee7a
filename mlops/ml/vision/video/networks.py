"""The networks of an extraction: files, and what the result says about them."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from mlops.ml.artifact import sha256_of
from mlops.ml.contract import BadArtifact
from mlops.ml.limited import Limits, in_child
from mlops.ml.parts.component import resolve
from mlops.ml.parts.store import store
from mlops.ml.vision import task_file
from mlops.ml.vision.own_detector import SHIPPED
from mlops.ml.vision.video.options import BUNDLED, OWN, ExtractOptions

MAKING = Limits(memory_mib=2048, cpu_s=60, wall_s=180, file_mib=64)
_WEIGHTS = ("*.tflite", "*.task", "*.safetensors", "*")
"""What a network's hash is made of, the first that a folder has: task files differ by the time they were made at."""
_POSE = ("modules/pose_detection/pose_detection.tflite", "modules/pose_landmark/pose_landmark_full.tflite")
_HANDS = ("modules/palm_detection/palm_detection_full.tflite", "modules/hand_landmark/hand_landmark_full.tflite")


@dataclass(frozen=True)
class Networks:
    """Folders with a task file for bodies and hands; a file or folder for objects; empty where not used."""

    pose: str = ""
    hands: str = ""
    objects: str = ""


def networks_for(options: ExtractOptions) -> Networks:
    """Find the networks. Raises PartMissing, BadArtifact, BadValue."""
    objects = _objects(options.objects) if options.finds_objects else ""
    if not options.finds_bodies:
        return Networks(objects=objects)
    pose = bundled() / "pose" if options.pose == BUNDLED else resolve(options.pose)
    if not options.with_hands:
        return Networks(str(pose), objects=objects)
    hands = bundled() / "hands" if options.hands == BUNDLED else resolve(options.hands)
    return Networks(str(pose), str(hands), objects)


def _objects(chosen: str) -> str:
    if chosen == OWN:
        return str(SHIPPED)
    return str(Path(chosen).absolute() if Path(chosen).is_file() else resolve(chosen))


def bundled() -> Path:
    """The folder with the task files of what mediapipe carries, beside the parts; made on first use."""
    folder = store().root / f".mediapipe-{version('mediapipe')}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".mediapipe-", dir=folder.parent) as made:
            in_child(make_bundled, MAKING)(Path(made, "made"))
            with contextlib.suppress(OSError):  # another process was quicker
                Path(made, "made").rename(folder)
    return folder


def make_bundled(work: Path) -> None:
    """Task files of the networks that the library carries. Raises BadArtifact."""
    spec = find_spec("mediapipe")
    if spec is None or not spec.submodule_search_locations:
        raise BadArtifact("mediapipe is not installed")
    library = Path(spec.submodule_search_locations[0])
    for name, files, bundle in (("pose", _POSE, task_file.pose), ("hands", _HANDS, task_file.bare_hands)):
        folder = work / name
        folder.mkdir(parents=True)
        for source, target in zip(files, (task_file.DETECTOR, task_file.LANDMARKS), strict=True):
            shutil.copyfile(library / source, folder / target)
        bundle(folder, folder / task_file.TASK_FILE)


def facts_of(networks: Networks, options: ExtractOptions) -> dict[str, dict[str, str]]:
    """{"pose": {"name", "sha256"}, …} of what is used."""
    facts = {}
    for kind, where in vars(networks).items():
        if not where:
            continue
        path = Path(where)
        files = [path] if path.is_file() else next(found for p in _WEIGHTS if (found := sorted(path.glob(p))))
        chosen = getattr(options, kind)
        name = chosen if chosen in (BUNDLED, OWN) else Path(chosen).name
        facts[kind] = {"name": name, "sha256": " ".join(sha256_of(one) for one in files)}
    return facts
