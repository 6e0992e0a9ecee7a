"""A Whisper of 77 thousand random weights with all of its special tokens, in both formats, made by the libraries."""

import json
from pathlib import Path

import ctranslate2
import torch
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import WhisperConfig, WhisperForConditionalGeneration

END, START = "<|endoftext|>", "<|startoftranscript|>"
LANGUAGES = [f"<|{code}|>" for code in _LANGUAGE_CODES[:99]]
OTHERS = [f"<|{name}|>" for name in "translate transcribe startoflm startofprev nospeech notimestamps".split()]


def tiny_whisper(folder: Path) -> tuple[Path, Path]:
    """(folder for transformers, folder for CTranslate2 in float32) of the same weights."""
    original, converted = folder / "original", folder / "converted"
    tokenizer = _tokenizer()
    original.mkdir()
    tokenizer.save(str(original / "tokenizer.json"))
    end = tokenizer.token_to_id(END)
    numbers = {f"{name}_token_id": end for name in ("bos", "eos", "pad")}
    sizes = {f"{side}_{name}": n for side in ("encoder", "decoder") for name, n in
             (("layers", 2), ("attention_heads", 2), ("ffn_dim", 32))}  # fmt: skip
    torch.manual_seed(0)
    network = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=tokenizer.get_vocab_size(),
            d_model=16,
            decoder_start_token_id=tokenizer.token_to_id(START),
            **sizes,
            **numbers,
        )
    )
    network.generation_config.update(
        no_timestamps_token_id=tokenizer.token_to_id(OTHERS[-1]),
        lang_to_id={name: tokenizer.token_to_id(name) for name in LANGUAGES},
        suppress_tokens=[1, 2],
        begin_suppress_tokens=[3, end],
        alignment_heads=[[1, 0]],
    )
    network.save_pretrained(original)
    special = {f"{name}_token": END for name in ("bos", "eos", "pad", "unk")}
    (original / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "WhisperTokenizer", **special}))
    converter = ctranslate2.converters.TransformersConverter(str(original), copy_files=["tokenizer.json"])
    converter.convert(str(converted))
    return original, converted


def _tokenizer() -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(name, special=True) for name in [END, START, *LANGUAGES, *OTHERS]])
    made.add_tokens([AddedToken(f"<|{n * 0.02:.2f}|>") for n in range(1501)])
    return made
