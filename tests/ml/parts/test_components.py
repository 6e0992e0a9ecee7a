"""Every component through the real library: on a tiny checkpoint that the test makes, in the process and served.

What the catalogue names is listed by itself, so a component without an entry below fails here. MediaPipe's networks
hold operations of their own that nothing else can write, so no tiny ones can be made: its entries take the networks
that lie in the installed wheel. Whether real weights answer rightly is tested beside each component.
"""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mlops.ml.hosting.host import Host, Limits
from mlops.ml.hosting.registry import register_loader
from mlops.ml.hosting.where import Where
from mlops.ml.language.making import export as sentences_export
from mlops.ml.limited import Limits as ChildLimits
from mlops.ml.limited import in_child
from mlops.ml.parts.catalogue import catalogue
from mlops.ml.parts.component import Component
from mlops.ml.parts.serving import PartModel, component_class
from mlops.ml.parts.store import PartMissing
from mlops.ml.speech import synthesis
from mlops.ml.vision import task_file
from mlops.ml.vision.efficientnet import EfficientNetLite0
from mlops.ml.vision.efficientnet import export as features_export
from tests.drawn_person import drawn_person
from tests.ml.biomechanics.lifting.tiny import clip, lifter
from tests.ml.language.tiny_bert import tiny_bert
from tests.ml.speech import tiny
from tests.ml.speech.tiny_whisper import tiny_whisper
from tests.ml.speech.voice import voice
from tests.ml.vision import tiny_clips
from tests.ml.vision.pose2d.tiny import rtmpose, yolo_pose
from tests.ml.vision.test_photos import encoded
from tests.ml.vision.test_text_reader import tiny_networks

MAKING = ChildLimits(memory_mib=6 * 1024, cpu_s=300, wall_s=600)
WHITE = np.full((120, 160, 3), 255, np.uint8)
BLACK = np.zeros_like(WHITE)


def features(folder: Path) -> Path:
    import torch

    torch.manual_seed(0)
    torch.save(EfficientNetLite0().eval().state_dict(), folder / "weights.pth")
    features_export(folder, folder / "model.onnx")
    return folder


def sentences(folder: Path) -> Path:
    made = tiny_bert(folder)
    in_child(sentences_export, MAKING)(made, made / "model.onnx")
    return made


def letters(folder: Path) -> Path:
    tiny_networks(folder)
    return folder


def wheel_file(name: str) -> bytes:
    """A network that ships in MediaPipe's wheel."""
    found = importlib.util.find_spec("mediapipe")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "modules" / name).read_bytes()


def bundled(make, detector: str, landmarks: str):
    def made(folder: Path) -> Path:
        (folder / task_file.DETECTOR).write_bytes(wheel_file(detector))
        (folder / task_file.LANDMARKS).write_bytes(wheel_file(landmarks))
        make(folder, folder / task_file.TASK_FILE)
        return folder

    return made


def in_file(make, name: str, *more):
    """A maker of one file as a maker of a folder."""

    def made(folder: Path) -> Path:
        make(folder / name, *more)
        return folder

    return made


def is_pose(n_points: int):
    return lambda answer: np.shape(answer["keypoints"]) == (n_points, 2) and answer["score"] > 0


def is_nobody(answer) -> bool:
    return answer["score"] == 0 and answer["box"] == [None] * 4


def is_caption(answer) -> bool:
    return isinstance(answer["text"], str) and set(answer["text"].split()) <= set(tiny_clips.WORDS)


def is_vector(n: int):
    return lambda answer: answer.shape == (n,) and answer.dtype == np.float32 and np.isfinite(answer).all()


def is_spoken(engine: str):
    return lambda answer: answer["wav"][:4] == b"RIFF" and answer["engine"] == engine and answer["duration_s"] > 0


def is_list(answer) -> bool:
    return isinstance(answer, list)


def is_empty(answer) -> bool:
    return answer == []


TEXTS = ["rest day", "My knee hurts."]
FILM = np.random.default_rng(0).integers(0, 255, (9, 48, 64, 3), dtype=np.uint8)
PERSON = ([320, 320, 160, 320], 0.8)
POINTS = dict(zip(("points", "scores"), clip(4), strict=True)) | {"keypoint_set": "coco17"}
HAND = "hand_landmark/hand_landmark"
PHOTO = encoded(Image.fromarray(drawn_person()))
ENTRIES = {
    # name: (component, makes the folder, two inputs, what must hold of the answer to the first, of the second)
    "photos": ("image_features:ImageFeatures", features, [PHOTO, WHITE], is_vector(1280), is_vector(1280)),
    "sentences": ("sentences:SentenceEmbedder", sentences, TEXTS, is_vector(32), is_vector(32)),
    "letters": ("text_reader:TextReader", letters, [PHOTO, WHITE], is_list, is_empty),
    "speech to text": (
        "recognition:SpeechRecognizer", lambda folder: tiny_whisper(folder)[1],
        [{"audio": voice(2), "language": "en"}, np.zeros(16_000, np.float32)],
        lambda told: told["duration_s"] == pytest.approx(2, abs=0.1), lambda told: told["heard"] is False,
    ),
    "quick voice": (
        "synthesis:SpeechSynthesizer", tiny.hibari, ["Keep.", "Keep."], is_spoken("hibari"), is_spoken("hibari"),
    ),
    "good voice": (
        "synthesis:SpeechSynthesizer", tiny.kokoro,
        [{"text": "Keep.", "voice": "bf_emma"}, "Keep."], is_spoken("kokoro-82m"), is_spoken("kokoro-82m"),
    ),
    "bodies (networks of the wheel)": (
        "pose:PoseLandmarker",
        bundled(task_file.pose, "pose_detection/pose_detection.tflite", "pose_landmark/pose_landmark_full.tflite"),
        [PHOTO, WHITE], lambda body: body["image"].shape == (33, 5), lambda body: body == {},
    ),
    "hands (networks of the wheel)": (
        "hands:HandLandmarker",
        bundled(task_file.bare_hands, "palm_detection/palm_detection_full.tflite", f"{HAND}_full.tflite"),
        [WHITE, WHITE], is_empty, is_empty,
    ),
    "landmarks of several people": (
        "yolo_pose:YoloPose", in_file(yolo_pose, "yolo.onnx", [PERSON]), [PHOTO, WHITE], is_pose(17), is_pose(17),
    ),
    "landmarks of a whole body": (
        "rtmpose:RTMPose", in_file(rtmpose, "pose.onnx"), [PHOTO, BLACK], is_pose(133), is_nobody,
    ),
    "captions": ("captions:Captioner", tiny_clips.blip, [PHOTO, WHITE], is_caption, is_caption),
    "clips": (
        "features:ClipFeatures", tiny_clips.videomae, [FILM, FILM[::-1].copy()],
        lambda told: is_vector(16)(told["features"]), lambda told: is_vector(16)(told["features"]),
    ),
    "points in space": (
        "lifter:MotionLifter", lifter, [POINTS, {**POINTS, "give": "embedding"}],
        lambda told: told["points"].shape == (4, 17, 3), lambda told: is_vector(512)(told["embedding"]),
    ),
}  # fmt: skip
REFUSED = {
    # name: (component, what its message must say): needs a library that is never a dependency here
    "clips by torchvision": ("swin:VideoSwin", "torchvision.*videomae-kinetics"),
}


@pytest.fixture
def lexicons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny lexicons stand for the installed part, which voices read by."""
    folder = tiny.english_sounds(tmp_path / "sounds")
    found = SimpleNamespace(find=lambda name: folder if name == "english-sounds" else None, require=lambda name: folder)
    monkeypatch.setattr(synthesis, "store", lambda: found)


def components() -> set[str]:
    return {part.component.split(".")[-1] for part in catalogue().values() if part.component}


def made_of(wanted: str) -> type[Component]:
    return next(component_class(p.name) for p in catalogue().values() if p.component.split(".")[-1] == wanted)


def test_every_component_of_the_catalogue_has_an_entry() -> None:
    assert {entry[0] for entry in [*ENTRIES.values(), *REFUSED.values()]} == components()


@pytest.mark.parametrize("name", ENTRIES)
def test_a_component_through_the_real_library(name: str, tmp_path: Path, lexicons: None) -> None:
    wanted, make, given, first_is, second_is = ENTRIES[name]
    folder = tmp_path / "made"
    folder.mkdir()
    component = made_of(wanted)(make(folder), "cpu")
    assert not component.is_loaded, "making one costs nothing"
    first, second = component.answer(given)
    assert first_is(first), first
    assert second_is(second), second
    assert component.is_loaded
    served = _served(component, given)
    assert first_is(served[0])
    assert second_is(served[1])
    component.close()
    assert not component.is_loaded
    assert first_is(component.answer(given[:1])[0]), "it loads again"


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is not None, reason="torchvision is here")
@pytest.mark.parametrize("name", REFUSED)
def test_a_component_that_cannot_run_here_says_why(name: str, tmp_path: Path) -> None:
    wanted, message = REFUSED[name]
    component = made_of(wanted)(tmp_path, "cpu")
    for ask in (component.load, lambda: component.answer([FILM])):
        with pytest.raises(PartMissing, match=message):
            ask()
    assert not component.is_loaded


def _served(component: Component, given: list) -> list:
    """The answers as serve_models gives them: one caller each, and the quick ones in their callers' threads."""
    register_loader("tiny", lambda name, where: PartModel(component, 1))
    host = Host(Limits(), Where())
    try:
        ask = lambda one: host.submit("tiny:a", [one], deadline_at=host.clock() + 120, may_work=True).result(120)[0]  # noqa: E731
        answers = [ask(one) for one in given]
        assert host.facts()["models"][0]["n_answered"] == len(given)
        return answers
    finally:
        host.close(10)
