"""The networks of an extraction: files, and what the result says about them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mlops.ml.artifact import sha256_of
from mlops.ml.contract import BadArtifact
from mlops.ml.limited import Limits, in_child
from mlops.ml.parts.component import resolve
from mlops.ml.vision import task_file
from mlops.ml.vision.video.options import BUNDLED, ExtractOptions

MAKING = Limits(memory_mib=2048, cpu_s=60, wall_s=180, file_mib=64)
_POSE = ("modules/pose_detection/pose_detection.tflite", "modules/pose_landmark/pose_landmark_full.tflite")
_HANDS = ("modules/palm_detection/palm_detection_full.tflite", "modules/hand_landmark/hand_landmark_full.tflite")


@dataclass(frozen=True)
class Networks:
    """Folders with a task file for bodies and hands; a file or folder for objects; empty where not used."""

    pose: str = ""
    hands: str = ""
    objects: str = ""


def networks_for(options: ExtractOptions, work: Path) -> Networks:
    """Find the networks; those that mediapipe carries are made into task files below `work`.

    Raises PartMissing, BadArtifact, BadValue.
    """
    objects = ""
    if options.finds_objects:
        objects = options.objects if Path(options.objects).is_file() else str(resolve(options.objects))
    if not options.finds_bodies:
        return Networks(objects=objects)
    if BUNDLED in (options.pose, options.hands) and not (work / "hands" / task_file.TASK_FILE).is_file():
        in_child(make_bundled, MAKING)(work)
    pose = work / "pose" if options.pose == BUNDLED else resolve(options.pose)
    hands = work / "hands" if options.hands == BUNDLED else resolve(options.hands)
    return Networks(str(pose), str(hands), objects)


def make_bundled(work: Path) -> None:
    """Task files of the networks that the library carries. Raises BadArtifact."""
    spec = find_spec("mediapipe")
    if spec is None or not spec.submodule_search_locations:
        raise BadArtifact("mediapipe is not installed")
    library = Path(spec.submodule_search_locations[0])
    for name, files, bundle in (("pose", _POSE, task_file.pose), ("hands", _HANDS, task_file.bare_hands)):
        folder = work / name
        folder.mkdir(parents=True, exist_ok=True)
        for source, target in zip(files, (task_file.DETECTOR, task_file.LANDMARKS), strict=True):
            shutil.copyfile(library / source, folder / target)
        bundle(folder, folder / f".{task_file.TASK_FILE}")
        (folder / f".{task_file.TASK_FILE}").replace(folder / task_file.TASK_FILE)


def facts_of(networks: Networks, options: ExtractOptions) -> dict[str, dict[str, str]]:
    """{"pose": {"name", "sha256"}, …} of what is used."""
    found = {}
    for kind, where in vars(networks).items():
        if not where:
            continue
        path = Path(where)
        if (path / task_file.TASK_FILE).is_file():
            path = path / task_file.TASK_FILE
        name = getattr(options, kind)
        name = Path(name).name if Path(name).exists() else name
        files = [path] if path.is_file() else sorted(path.glob("*.safetensors"))
        found[kind] = {"name": name, "sha256": " ".join(sha256_of(one) for one in files)}
    return found
