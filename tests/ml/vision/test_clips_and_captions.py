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

CLIP = np.random.default_rng(0).integers(0, 255, (9, 48, 64, 3), dtype=np.uint8)
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] [DEC] [ENC] a man lifts squat row the".split()


@pytest.fixture
def here(tmp_path, monkeypatch):
    made = PartStore(tmp_path / "parts")
    monkeypatch.setattr(store, "_store", made)
    return made


@pytest.fixture(scope="module")
def videomae(tmp_path_factory):
    from transformers import VideoMAEConfig, VideoMAEForVideoClassification, VideoMAEImageProcessorPil

    folder = tmp_path_factory.mktemp("videomae")
    torch.manual_seed(0)
    config = VideoMAEConfig(
        image_size=32, patch_size=16, num_frames=4, tubelet_size=2, hidden_size=16, num_hidden_layers=1,
        num_attention_heads=2, intermediate_size=32, num_labels=3,
    )  # fmt: skip
    VideoMAEForVideoClassification(config).save_pretrained(folder)
    sizes = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    VideoMAEImageProcessorPil(**sizes).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def blip(tmp_path_factory):
    from transformers import (
        BertTokenizer,
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessorPil,
        BlipProcessor,
    )

    folder = tmp_path_factory.mktemp("blip")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    torch.manual_seed(1)
    text = {
        "vocab_size": len(WORDS), "hidden_size": 16, "encoder_hidden_size": 16, "intermediate_size": 32,
        "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 64, "bos_token_id": 5,
        "pad_token_id": 0, "eos_token_id": 3, "sep_token_id": 3,
    }  # fmt: skip
    seen = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
            "image_size": 32, "patch_size": 16}  # fmt: skip
    network = BlipForConditionalGeneration(BlipConfig(text_config=text, vision_config=seen, projection_dim=16))
    network.save_pretrained(folder)
    pictures = BlipImageProcessorPil(size={"height": 32, "width": 32})
    BlipProcessor(pictures, BertTokenizer(str(folder / "vocab.txt"))).save_pretrained(folder)
    return folder


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
