"""A Whisper of 16 numbers a token, random, with all of its special tokens, in both formats, made by the libraries."""

import json
from pathlib import Path

import ctranslate2
import torch
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import WhisperConfig, WhisperForConditionalGeneration

N_TEXT = 50_257
"""Text tokens, as many as in the real one: CTranslate2 tells by their number whether a model knows languages."""
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
    with torch.no_grad():  # letters are likelier than the special tokens, so that it says something
        network.model.decoder.embed_tokens.weight[:256] *= 20
    settings = network.generation_config
    settings._from_model_config = False  # or the library forgets the rest when it opens the folder
    settings.no_timestamps_token_id = tokenizer.token_to_id(OTHERS[-1])
    settings.lang_to_id = {name: tokenizer.token_to_id(name) for name in LANGUAGES}
    settings.suppress_tokens, settings.begin_suppress_tokens = [1, 2], [3, end]
    settings.alignment_heads = [[1, 0]]
    network.save_pretrained(original)
    special = {f"{name}_token": END for name in ("bos", "eos", "pad", "unk")}
    (original / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "WhisperTokenizer", **special}))
    converter = ctranslate2.converters.TransformersConverter(str(original), copy_files=["tokenizer.json"])
    converter.convert(str(converted))
    return original, converted


def _tokenizer() -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    never = [f"never{n}" for n in range(N_TEXT - len(letters))]
    made = Tokenizer(models.BPE(vocab={token: n for n, token in enumerate([*letters, *never])}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(name, special=True) for name in [END, START, *LANGUAGES, *OTHERS]])
    made.add_tokens([AddedToken(f"<|{n * 0.02:.2f}|>") for n in range(1501)])
    return made
