"""Features of clips and captions by the real libraries on tiny checkpoints that the test makes."""

import importlib.util

import numpy as np
import pytest
import torch

from mlops.ml.contract import BadArtifact, BadShape, BadValue
from mlops.ml.hosting.where import Where
from mlops.ml.parts import store
from mlops.ml.parts.serving import part_load
from mlops.ml.parts.store import PartMissing, PartStore
from mlops.ml.vision.captions import Captioner, best_captioner
from mlops.ml.vision.clips.features import ClipFeatures
from mlops.ml.vision.clips.frames import spread
from mlops.ml.vision.clips.swin import VideoSwin
from tests.ml.vision import tiny_clips
from tests.ml.vision.tiny_clips import WORDS

CLIP = np.random.default_rng(0).integers(0, 255, (9, 48, 64, 3), dtype=np.uint8)


@pytest.fixture
def here(tmp_path, monkeypatch):
    made = PartStore(tmp_path / "parts")
    monkeypatch.setattr(store, "_store", made)
    return made


@pytest.fixture(scope="module")
def videomae(tmp_path_factory):
    return tiny_clips.videomae(tmp_path_factory.mktemp("videomae"))


@pytest.fixture(scope="module")
def blip(tmp_path_factory):
    return tiny_clips.blip(tmp_path_factory.mktemp("blip"))


def test_frames_are_spread_over_the_whole_clip():
    assert spread(16, 16) == list(range(16))
    assert spread(100, 4) == [12, 37, 62, 87]
    assert spread(2, 4) == [0, 0, 1, 1]


def test_a_vector_for_each_clip(videomae):
    network = ClipFeatures(videomae)
    found = network.features([CLIP, CLIP[::-1].copy()])
    assert found.shape == (2, 16)
    assert np.isfinite(found).all()
    assert not np.allclose(found[0], found[1]), "the order of frames matters"
    few = CLIP[[1, 3, 5, 7]]
    np.testing.assert_allclose(network.features([few])[0], network.features([CLIP])[0], atol=1e-6)
    assert network.features([]).shape == (0, 16)
    assert network.answer([CLIP])[0]["features"].shape == (16,)


def test_what_is_no_clip_and_no_video_model(videomae, tmp_path):
    network = ClipFeatures(videomae)
    for wrong, error in ((CLIP[0], BadShape), (CLIP.astype(float), BadValue), (b"bytes", BadValue)):
        with pytest.raises(error):
            network.features([wrong])
    with pytest.raises(BadArtifact):
        ClipFeatures(tmp_path).features([CLIP])


def test_missing_parts_say_their_remedy(here):
    with pytest.raises(PartMissing, match="fetch_parts videomae-kinetics"):
        part_load("videomae-kinetics", Where())
    with pytest.raises(PartMissing, match="fetch_parts blip-captions"):
        best_captioner()
    with pytest.raises(PartMissing, match="fetch_parts blip2-flan-t5-xl"):
        part_load("blip2-flan-t5-xl", Where())


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is not None, reason="torchvision is here")
def test_video_swin_without_torchvision_says_what_to_use(here):
    with pytest.raises(PartMissing, match="torchvision") as error:
        part_load("video-swin", Where())
    assert "videomae-kinetics" in error.value.remedy
    with pytest.raises(PartMissing, match="torchvision"):
        VideoSwin().features([CLIP])


def test_a_caption_and_who_wrote_it(blip):
    writer = Captioner(blip)
    (caption,) = writer.captions([CLIP[0]])
    assert set(caption.text.split()) <= set(WORDS)
    assert caption.by == str(blip)
    assert writer.answer([CLIP[0]]) == [vars(caption)]
    with pytest.raises(BadValue):
        writer.answer(["/a/path.jpg"])
    writer.close()
    assert writer.captions([CLIP[0]]) == [caption]


def test_a_repository_of_pickled_weights_that_somebody_brought(blip, here):
    """The base model is published as pytorch_model.bin: it is converted when it is first used."""
    from safetensors.torch import load_file

    own = here.root / "own" / "blip-captions-base"
    own.mkdir(parents=True)
    for path in blip.iterdir():
        if path.name != "model.safetensors":
            (own / path.name).write_bytes(path.read_bytes())
    torch.save(load_file(blip / "model.safetensors"), own / "pytorch_model.bin")
    model = part_load("blip-captions-base", Where())
    (answer,) = model.answer([CLIP[0]])
    assert answer["by"] == "blip-captions-base"
    assert (own / "model.safetensors").is_file()
    assert best_captioner().model_id == "blip-captions-base"


def test_another_model_is_no_captioner(videomae):
    with pytest.raises(BadArtifact):
        Captioner(videomae).captions([CLIP[0]])
