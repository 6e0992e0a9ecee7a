"""A CTranslate2 file becomes a checkpoint that computes the same and trains; a hostile file is refused by name."""

import json
import shutil
import struct

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from faster_whisper import WhisperModel
from faster_whisper.transcribe import get_ctranslate2_storage
from transformers import WhisperForConditionalGeneration, WhisperProcessor

from mlops.ml.contract import BadArtifact
from mlops.ml.speech.audio import decode
from mlops.ml.speech.ct2_file import MAX_VARIABLES, read_ct2
from mlops.ml.speech.whisper_checkpoint import convert_whisper, write_checkpoint
from tests.ml.speech.voice import voice


def text(name: str) -> bytes:
    return struct.pack("<H", len(name) + 1) + name.encode() + b"\0"


def variable(name="a", shape=(2,), kind=0, n_bytes=None, data=None) -> bytes:
    data = bytes(4 * int(np.prod(shape))) if data is None else data
    head = text(name) + struct.pack(f"<B{len(shape)}I", len(shape), *shape)
    return head + struct.pack("<BI", kind, len(data) if n_bytes is None else n_bytes) + data


def file_of(*variables: bytes, aliases=(), count=None, version=6, n_aliases=None, spec="WhisperSpec") -> bytes:
    names = b"".join(text(one) + text(other) for one, other in aliases)
    return (
        struct.pack("<I", version) + text(spec) + struct.pack("<II", 3, len(variables) if count is None else count)
        + b"".join(variables) + struct.pack("<I", len(aliases) if n_aliases is None else n_aliases) + names
    )  # fmt: skip


HOSTILE = {
    "nothing": (b"", "empty"),
    "a version of tomorrow": (file_of(variable(), version=7), "version 7"),
    "a text longer than the file": (struct.pack("<IH", 6, 200) + b"x", "200 bytes long, and 1 are left"),
    "a name without its end": (struct.pack("<IH", 6, 3) + b"abc", "no name"),
    "a name that leaves the folder": (file_of(variable("../a")), "no name"),
    "more variables than the file has": (file_of(variable(), count=9), "variable 1"),
    "no end of variables": (file_of(variable(), count=2**32 - 1), f"at most {MAX_VARIABLES}"),
    "a negative rank": (file_of(text("a") + struct.pack("<b", -1)), "a has the rank 255"),
    "a type that is unknown": (file_of(variable(kind=9)), r"unknown type \(9\)"),
    "data over the end": (file_of(variable(n_bytes=2**31, shape=(2**29,), data=b"")), "left"),
    "a size that is not its shape": (file_of(variable(n_bytes=12, data=bytes(12))), r"12 bytes long, and its shape"),
    "a shape that overflows": (file_of(variable(shape=(2**31, 2**31, 2**31), n_bytes=0, data=b"")), "its shape"),
    "one name twice": (file_of(variable(), variable()), "two variables are named a"),
    "aliases in a circle": (file_of(variable(), aliases=[("b", "c"), ("c", "b")]), "circle"),
    "an alias of nothing": (file_of(variable(), aliases=[("b", "z")]), "names z"),
    "an alias that is a variable": (file_of(variable(), aliases=[("a", "a")]), "two things are named a"),
    "no end of aliases": (file_of(variable(), n_aliases=2**32 - 1), "aliases; at most"),
    "something behind the end": (file_of(variable()) + b"x", "1 bytes follow"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(tmp_path, name):
    data, words = HOSTILE[name]
    (tmp_path / "model.bin").write_bytes(data)
    with pytest.raises(BadArtifact, match=words):
        read_ct2(tmp_path / "model.bin")


def test_every_cut_and_every_changed_length_is_refused_or_read(tmp_path):
    """Whatever bytes stand in a file, reading it ends in an answer or in a BadArtifact."""
    whole = file_of(variable(), variable("b", (3, 2)), aliases=[("c", "b")])
    path, rng = tmp_path / "model.bin", np.random.default_rng(0)
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(BadArtifact):
            read_ct2(path)
    for _ in range(500):
        changed = bytearray(whole)
        changed[rng.integers(len(whole))] = rng.integers(256)
        path.write_bytes(changed)
        try:
            assert set(read_ct2(path).tensors)
        except BadArtifact:
            pass
    path.write_bytes(whole)
    assert {one: value.shape for one, value in read_ct2(path).tensors.items()} == {"a": (2,), "b": (3, 2), "c": (3, 2)}


@pytest.fixture
def source(tiny, tmp_path):
    return shutil.copytree(tiny[1], tmp_path / "source")


def test_the_weights_are_those_that_were_converted(tiny, tmp_path):
    facts = convert_whisper(tiny[1], tmp_path / "back")
    before = WhisperForConditionalGeneration.from_pretrained(tiny[0]).state_dict()
    network, told = WhisperForConditionalGeneration.from_pretrained(tmp_path / "back", output_loading_info=True)
    assert not any(told.values())
    after = network.state_dict()
    assert set(after) == set(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert facts["n_values"] == sum(value.numel() for name, value in before.items() if name != "proj_out.weight")
    assert oct((tmp_path / "back").stat().st_mode & 0o555) != "0o0"


def outputs_of_both(folder, converted, sound, words):
    """Encoder outputs, and the logits before each token of `words`, by CTranslate2 and by transformers."""
    processor = WhisperProcessor.from_pretrained(converted)
    network = WhisperForConditionalGeneration.from_pretrained(converted, dtype=torch.float32).eval()
    settings = network.generation_config
    features = processor(sound, sampling_rate=16_000, return_tensors="pt").input_features
    other = WhisperModel(str(folder), device="cpu", compute_type="float32", cpu_threads=1).model
    encoded = other.encode(get_ctranslate2_storage(features.numpy()))
    prompt = [settings.decoder_start_token_id]
    if settings.is_multilingual:
        prompt += [settings.lang_to_id["<|en|>"], settings.task_to_id["transcribe"]]
    prompt.append(settings.no_timestamps_token_id)
    tokens = processor.tokenizer(words, add_special_tokens=False).input_ids
    (answer,) = other.generate(
        encoded, [prompt + tokens], beam_size=1, return_logits_vocab=True, suppress_blank=False, suppress_tokens=[],
        max_length=448,
    )  # fmt: skip
    theirs = np.array([np.array(one) for one in answer.logits[0]])[: len(tokens) + 1]
    assert len(theirs) == len(tokens) + 1
    with torch.inference_mode():
        states = network.model.encoder(features).last_hidden_state
        ours = network(encoder_outputs=(states,), decoder_input_ids=torch.tensor([prompt + tokens])).logits
    return (np.array(encoded), states.numpy()), (theirs, ours[0, len(prompt) - 1 :].numpy())


def test_it_computes_the_same(tiny, tmp_path):
    convert_whisper(tiny[1], tmp_path / "back")
    states, logits = outputs_of_both(tiny[1], tmp_path / "back", voice(2), "hello")
    np.testing.assert_allclose(*states, atol=1e-5)
    np.testing.assert_allclose(*logits, atol=1e-5)
    assert np.ptp(logits[0], axis=1).min() > 0.01, "there is something to be equal"


@pytest.mark.parametrize("name", ["whisper-tiny.en", "whisper-base"])
def test_the_real_weights_compute_the_same_on_a_real_recording(real_part, commands, tmp_path, name):
    folder = real_part(name)
    convert_whisper(folder, tmp_path / "back")
    sound = decode(commands / "04b09ada-5dcc-491a-ae95-fe4e4993869e.wav")
    words = " Can I get a medium roast house coffee with brown sugar?"
    states, logits = outputs_of_both(folder, tmp_path / "back", sound, words)
    np.testing.assert_allclose(*states, atol=1e-3, rtol=0)
    np.testing.assert_allclose(*logits, atol=1e-3, rtol=0)
    processor = WhisperProcessor.from_pretrained(tmp_path / "back")
    network = WhisperForConditionalGeneration.from_pretrained(tmp_path / "back").eval()
    features = processor(sound, sampling_rate=16_000, return_tensors="pt").input_features
    generated = network.generate(features, max_new_tokens=24)
    assert "brown sugar" in processor.batch_decode(generated, skip_special_tokens=True)[0]


def test_it_trains(tiny, tmp_path):
    """Three steps on one clip: the loss falls, and what was trained is saved and opened again."""
    convert_whisper(tiny[1], tmp_path / "back")
    processor = WhisperProcessor.from_pretrained(tmp_path / "back")
    network = WhisperForConditionalGeneration.from_pretrained(tmp_path / "back")
    features = processor(voice(2), sampling_rate=16_000, return_tensors="pt").input_features
    labels = processor.tokenizer("begin", return_tensors="pt").input_ids
    steps = torch.optim.AdamW(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(3):
        loss = network(input_features=features, labels=labels).loss
        steps.zero_grad(), loss.backward(), steps.step()
        losses.append(float(loss.detach()))
    assert losses[2] < losses[1] < losses[0]
    network.save_pretrained(tmp_path / "trained")
    WhisperForConditionalGeneration.from_pretrained(tmp_path / "trained")


def test_the_tokens_have_their_meanings(tiny, tmp_path):
    convert_whisper(tiny[1], tmp_path / "back")
    settings = json.loads((tmp_path / "back" / "generation_config.json").read_text())
    tokenizer = WhisperProcessor.from_pretrained(tmp_path / "back").tokenizer
    assert settings["is_multilingual"]
    assert settings["task"] == "transcribe"
    assert len(settings["lang_to_id"]) == 99
    assert tokenizer.convert_tokens_to_ids("<|en|>") == settings["lang_to_id"]["<|en|>"]
    assert tokenizer.convert_tokens_to_ids("<|notimestamps|>") == settings["no_timestamps_token_id"]
    assert tokenizer.convert_tokens_to_ids("<|30.00|>") == len(tokenizer) - 1
    assert tokenizer.decode(tokenizer("ɛte sɛn").input_ids, skip_special_tokens=True) == "ɛte sɛn"


def written(data: bytes, source, tmp_path) -> None:
    (source / "model.bin").write_bytes(data)
    (tmp_path / "out").mkdir()
    write_checkpoint(source, tmp_path / "out")


def test_what_is_no_whisper(source, tmp_path):
    with pytest.raises(BadArtifact, match="TransformerSpec"):
        written(file_of(variable(), spec="TransformerSpec"), source, tmp_path)
    for data, words in (
        (file_of(variable()), "decoder/embeddings/weight is not in the file"),
        (file_of(variable("decoder/embeddings/weight_scale")), "quantised"),
    ):
        shutil.rmtree(tmp_path / "out")
        with pytest.raises(BadArtifact, match=words):
            written(data, source, tmp_path)


def test_tokens_that_do_not_fit(source, tmp_path):
    """The tokenizer of another model, and settings that point beyond the model."""
    known = json.loads((source / "tokenizer.json").read_text())
    for change, words in (
        (lambda: known["added_tokens"].pop(), None),  # the last time token: added again
        (lambda: known["added_tokens"][0].update(id=99_999), "does not belong"),
        (lambda: known.update(added_tokens=[]), "has not the tokens of Whisper"),
    ):
        change()
        (source / "tokenizer.json").write_text(json.dumps(known))
        if words is None:
            convert_whisper(source, tmp_path / "good")
            assert (tmp_path / "good" / "model.safetensors").is_file()
        else:
            with pytest.raises(BadArtifact, match=words):
                convert_whisper(source, tmp_path / "bad")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good", "source"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"alignment_heads": [[9, 0]]}, "alignment_heads"), ({"suppress_ids": [-1]}, "suppress_ids"),
     ({"suppress_ids": "all"}, "suppress_ids"), ({"alignment_heads": [[1, "0"]]}, "alignment_heads")],
)  # fmt: skip
def test_settings_that_point_beyond_the_model(source, tmp_path, settings, words):
    (source / "config.json").write_text(json.dumps(settings))
    with pytest.raises(BadArtifact, match=words):
        convert_whisper(source, tmp_path / "bad")


def test_a_missing_file_and_a_folder_that_is_there(source, tmp_path):
    with pytest.raises(BadArtifact, match="exists already"):
        convert_whisper(source, tmp_path)
    (source / "config.json").unlink()
    with pytest.raises(BadArtifact, match=r"no config\.json"):
        convert_whisper(source, tmp_path / "bad")


def test_the_command(tiny, tmp_path, capsys):
    call_command("convert_weights", str(tiny[1]), str(tmp_path / "back"), "--kind", "whisper")
    assert "89 tensors" in capsys.readouterr().out
    with pytest.raises(CommandError, match="exists already"):
        call_command("convert_weights", str(tiny[1]), str(tmp_path / "back"), "--kind", "whisper")
    with pytest.raises(CommandError, match=r"There is no model\.bin"):
        call_command("convert_weights", str(tmp_path / "back"), str(tmp_path / "more"), "--kind", "whisper")
