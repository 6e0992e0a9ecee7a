"""A Whisper model of CTranslate2 → a checkpoint for transformers, so that the same weights can be trained on.

The folder that comes out holds ``model.safetensors`` (float32), ``config.json``, ``generation_config.json``, the
tokenizer and the settings of the feature extractor: `WhisperForConditionalGeneration.from_pretrained` opens it.
Names are those of ctranslate2.converters.transformers, read backwards; keys have no bias in Whisper, and the stacked
projections carry zeros for it. All reading happens in a limited child.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.speech.ct2_file import Ct2File, read_ct2
from mlops.ml.speech.whisper_tokens import MAX_JSON, Tokens, generation_config, read_json, read_tokens

MODEL = "model.bin"
CONVERTING = Limits(memory_mib=16 * 1024, cpu_s=300, wall_s=900, file_mib=8 * 1024)
MAX_LAYERS = 64
_GELU = 3
_SETTINGS = frozenset(
    {f"decoder/{name}" for name in ("alibi", "alibi_use_positive_positions", "scale_alibi", "scale_embeddings")}
    | {f"decoder/{name}" for name in ("start_from_zero_embedding", "alignment_heads", "alignment_layer")}
)
"""Variables of a file that are no weights and that Whisper never has otherwise."""
_NORM = (("gamma", "weight"), ("beta", "bias"))
Weights = dict[str, npt.NDArray[np.float32]]


def convert_whisper(source: Path, target: Path) -> dict[str, int]:
    """Write the checkpoint folder `target` from the folder `source`; returns {"n_tensors", "n_values"}.

    source  holds model.bin, config.json and tokenizer.json, as faster-whisper reads them
    Raises BadArtifact when a file is missing, damaged, quantised or no Whisper; nothing is left behind then.
    """
    source, target = Path(source), Path(target)
    if target.exists():
        raise BadArtifact(f"{target} exists already")
    for name in (MODEL, "config.json", "tokenizer.json"):
        if not (source / name).is_file():
            raise BadArtifact(f"there is no {name} in {source}")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
        made = Path(folder, "made")
        made.mkdir()
        try:
            facts = in_child(write_checkpoint, CONVERTING)(source, made)
        except (BadArtifact, UnreadableInput) as error:
            raise BadArtifact(f"{source.name} cannot be converted: {error}") from error
        os.rename(made, target)
    return facts


def write_checkpoint(source: Path, target: Path) -> dict[str, int]:
    """What the child does. Raises BadArtifact."""
    from safetensors.numpy import save_file

    found = read_ct2(source / MODEL)
    if found.spec != "WhisperSpec":
        raise BadArtifact(f"it is a {found.spec}, no Whisper")
    config, weights = _taken_apart(found)
    tokens = read_tokens(source / "tokenizer.json", config["vocab_size"])
    config |= {f"{name}_token_id": tokens.end for name in ("bos", "eos", "pad")}
    config["decoder_start_token_id"] = tokens.start
    settings = read_json(source / "config.json", MAX_JSON)
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    for name, content in (
        ("config.json", config),
        ("generation_config.json", generation_config(settings, tokens, config)),
        ("preprocessor_config.json", _features(config["num_mel_bins"])),
        ("tokenizer.json", tokens.tokenizer),
        ("tokenizer_config.json", _tokenizer_config(tokens)),
    ):
        (target / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    return {"n_tensors": len(weights), "n_values": int(sum(value.size for value in weights.values()))}


class _Parts:
    """The tensors of a file, each taken once and at its shape."""

    def __init__(self, found: Ct2File) -> None:
        quantised = next((name for name in found.tensors if name.endswith("_scale")), None)
        if quantised is not None:
            raise BadArtifact("it is quantised, and the weights are lost; take one in float16 or float32")
        self.left = dict(found.tensors)

    def take(self, name: str, *shape: int) -> npt.NDArray[np.float32]:
        value = self.pop(name)
        if value.dtype.kind != "f" or value.shape != shape:
            raise BadArtifact(f"{name} is {list(value.shape)} and should be {list(shape)}")
        result = value.astype(np.float32)
        if not np.isfinite(result).all():
            raise BadArtifact(f"{name} holds values that are no numbers")
        return result

    def pop(self, name: str) -> npt.NDArray[Any]:
        if name not in self.left:
            raise BadArtifact(f"{name} is not in the file")
        return self.left.pop(name)

    def scalar(self, name: str) -> int:
        value = self.pop(name)
        if value.shape != () or value.dtype.kind != "i":
            raise BadArtifact(f"{name} is no whole number")
        return int(value)

    def shape(self, name: str, rank: int) -> tuple[int, ...]:
        value = self.left.get(name)
        if value is None or value.ndim != rank or not value.size:
            raise BadArtifact(f"{name} is not in the file, or is of another rank")
        return value.shape

    def n_layers(self, side: str) -> int:
        numbers = {name.split("/")[1] for name in self.left if name.startswith(f"{side}/layer_")} - {"layer_norm"}
        if not 0 < len(numbers) <= MAX_LAYERS or numbers != {f"layer_{n}" for n in range(len(numbers))}:
            raise BadArtifact(f"the layers of its {side} are not counted through")
        return len(numbers)


def _taken_apart(found: Ct2File) -> tuple[dict[str, Any], Weights]:
    """(config, weights by their names in transformers). Raises BadArtifact."""
    parts = _Parts(found)
    vocabulary, d = parts.shape("decoder/embeddings/weight", 2)
    n_mels = parts.shape("encoder/conv1/weight", 3)[1]
    if parts.scalar("decoder/activation") != _GELU or parts.scalar("decoder/pre_norm") != 1:
        raise BadArtifact("its layers are not those of Whisper")
    config: dict[str, Any] = {"d_model": d, "vocab_size": vocabulary, "num_mel_bins": n_mels}
    weights: Weights = {
        "model.decoder.embed_tokens.weight": parts.take("decoder/embeddings/weight", vocabulary, d),
        "model.encoder.conv1.weight": parts.take("encoder/conv1/weight", d, n_mels, 3),
        "model.encoder.conv2.weight": parts.take("encoder/conv2/weight", d, d, 3),
    }
    weights |= {f"model.encoder.conv{n}.bias": parts.take(f"encoder/conv{n}/bias", d) for n in (1, 2)}
    for side, kind in (("encoder", "source"), ("decoder", "target")):
        ffn = parts.shape(f"{side}/layer_0/ffn/linear_0/weight", 2)[0]
        heads, n_layers = parts.scalar(f"{side}/num_heads"), parts.n_layers(side)
        if heads < 1 or d % heads:
            raise BadArtifact(f"{side}/num_heads is {heads}, and there are {d} numbers to share")
        places = parts.shape(f"{side}/position_encodings/encodings", 2)[0]
        config |= {f"max_{kind}_positions": places, f"{side}_layers": n_layers}
        config |= {f"{side}_attention_heads": heads, f"{side}_ffn_dim": ffn}
        positions = parts.take(f"{side}/position_encodings/encodings", places, d)
        weights[f"model.{side}.embed_positions.weight"] = positions
        weights |= _norm(parts, f"{side}/layer_norm", f"model.{side}.layer_norm", d)
        for n in range(n_layers):
            weights |= dict(_layer(parts, f"{side}/layer_{n}", f"model.{side}.layers.{n}", d, ffn, side == "decoder"))
    projection = parts.take("decoder/projection/weight", vocabulary, d)
    if not np.array_equal(projection, weights["model.decoder.embed_tokens.weight"]):
        raise BadArtifact("its output is not that of its embeddings")
    unknown = sorted(set(parts.left) - _SETTINGS)
    if unknown:
        raise BadArtifact(f"{unknown[0]} is no part of Whisper")
    return _config(config), weights


def _layer(parts: _Parts, a: str, b: str, d: int, ffn: int, has_cross: bool) -> Iterator[tuple[str, Any]]:
    """Weights of one layer: `a` is its name in the file, `b` in transformers."""
    yield from _norm(parts, f"{a}/self_attention/layer_norm", f"{b}.self_attn_layer_norm", d).items()
    yield from _projections(parts, f"{a}/self_attention/linear_0", f"{b}.self_attn", "qkv", d)
    yield from _linear(parts, f"{a}/self_attention/linear_1", f"{b}.self_attn.out_proj", d, d)
    if has_cross:
        yield from _norm(parts, f"{a}/attention/layer_norm", f"{b}.encoder_attn_layer_norm", d).items()
        yield from _projections(parts, f"{a}/attention/linear_0", f"{b}.encoder_attn", "q", d)
        yield from _projections(parts, f"{a}/attention/linear_1", f"{b}.encoder_attn", "kv", d)
        yield from _linear(parts, f"{a}/attention/linear_2", f"{b}.encoder_attn.out_proj", d, d)
    yield from _norm(parts, f"{a}/ffn/layer_norm", f"{b}.final_layer_norm", d).items()
    yield from _linear(parts, f"{a}/ffn/linear_0", f"{b}.fc1", ffn, d)
    yield from _linear(parts, f"{a}/ffn/linear_1", f"{b}.fc2", d, ffn)


def _projections(parts: _Parts, a: str, b: str, which: str, d: int) -> Iterator[tuple[str, Any]]:
    """Queries, keys and values that lie stacked; keys have no bias."""
    weight, bias = parts.take(f"{a}/weight", len(which) * d, d), parts.take(f"{a}/bias", len(which) * d)
    for n, letter in enumerate(which):
        piece = slice(n * d, (n + 1) * d)
        yield f"{b}.{letter}_proj.weight", np.ascontiguousarray(weight[piece])
        if letter != "k":
            yield f"{b}.{letter}_proj.bias", np.ascontiguousarray(bias[piece])
        elif bias[piece].any():
            raise BadArtifact(f"{a} has a bias for its keys, which Whisper does not have")


def _linear(parts: _Parts, a: str, b: str, n_out: int, n_in: int) -> Iterator[tuple[str, Any]]:
    yield f"{b}.weight", parts.take(f"{a}/weight", n_out, n_in)
    yield f"{b}.bias", parts.take(f"{a}/bias", n_out)


def _norm(parts: _Parts, a: str, b: str, d: int) -> Weights:
    return {f"{b}.{new}": parts.take(f"{a}/{old}", d) for old, new in _NORM}


def _config(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "model_type": "whisper",
        "architectures": ["WhisperForConditionalGeneration"],
        "activation_function": "gelu",
        "scale_embedding": False,
        "tie_word_embeddings": True,
        "is_encoder_decoder": True,
        "dtype": "float32",
        **found,
    }


def _features(n_mels: int) -> dict[str, Any]:
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "feature_size": n_mels,
        "sampling_rate": 16_000,
        "hop_length": 160,
        "chunk_length": 30,
        "n_fft": 400,
        "padding_value": 0.0,
        "return_attention_mask": False,
    }


def _tokenizer_config(tokens: Tokens) -> dict[str, Any]:
    end = {f"{name}_token": tokens.end_text for name in ("bos", "eos", "pad", "unk")}
    return {"tokenizer_class": "WhisperTokenizer", "processor_class": "WhisperProcessor", **end}
