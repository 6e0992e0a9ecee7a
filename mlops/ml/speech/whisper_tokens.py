"""The special tokens of Whisper, read from its tokenizer.json, and the generation settings that name them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact

MAX_JSON = 32 * 1024**2
N_TIMES = 1501
"""Time tokens: 0.00 … 30.00 s in steps of 0.02 s."""
END = "<|endoftext|>"
_START, _NO_TIMES, _PREVIOUS = "<|startoftranscript|>", "<|notimestamps|>", "<|startofprev|>"
_TASKS = ("transcribe", "translate")


@dataclass(frozen=True)
class Tokens:
    """Numbers of the special tokens; `languages` and `tasks` are empty for a model of English alone. `tokenizer` is
    the content of tokenizer.json, time tokens included."""

    start: int
    end: int
    no_times: int
    previous: int | None
    languages: dict[str, int]
    tasks: dict[str, int]
    tokenizer: dict[str, Any]
    end_text: str = END


def read_json(path: Path, max_bytes: int) -> dict[str, Any]:
    """A JSON object. Raises BadArtifact."""
    try:
        if path.stat().st_size > max_bytes:
            raise BadArtifact(f"{path.name} is larger than {max_bytes // 2**20} MiB")
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadArtifact(f"{path.name} cannot be read") from error
    if not isinstance(found, dict):
        raise BadArtifact(f"{path.name} is no JSON object")
    return found


def read_tokens(path: Path, n_vocabulary: int) -> Tokens:
    """The special tokens of a tokenizer for so many tokens; time tokens that it lacks are added. Raises BadArtifact."""
    tokenizer = read_json(path, MAX_JSON)
    added: list[Any] = tokenizer.get("added_tokens") or []
    try:
        numbers = {str(one["content"]): int(one["id"]) for one in added}
        start, end, no_times = (numbers[name] for name in (_START, END, _NO_TIMES))
    except (TypeError, KeyError, ValueError) as error:
        raise BadArtifact(f"{path.name} has not the tokens of Whisper") from error
    if no_times + N_TIMES + 1 != n_vocabulary or not all(0 <= one < n_vocabulary for one in numbers.values()):
        raise BadArtifact(f"{path.name} does not belong to a model of {n_vocabulary} tokens")
    for n in range(N_TIMES):
        text = f"<|{n * 0.02:.2f}|>"
        if numbers.setdefault(text, no_times + 1 + n) != no_times + 1 + n:
            raise BadArtifact(f"{path.name} has the time {text} in another place")
    known = {int(one["id"]) for one in added}
    tokenizer["added_tokens"] = [
        *added,
        *(_added(text, number) for text, number in numbers.items() if number not in known),
    ]
    tasks = {name: numbers[f"<|{name}|>"] for name in _TASKS if f"<|{name}|>" in numbers}
    first_task = min(tasks.values(), default=start + 1)
    languages = {text: number for text, number in numbers.items() if start < number < first_task}
    if len(languages) < 2:  # of English alone: its tokens for languages and tasks were never taught
        languages, tasks = {}, {}
    return Tokens(start, end, no_times, numbers.get(_PREVIOUS), languages, tasks, tokenizer)


def generation_config(settings: dict[str, Any], tokens: Tokens, config: dict[str, Any]) -> dict[str, Any]:
    """What `generate` needs. settings: the config.json of CTranslate2. Raises BadArtifact."""
    n = int(config["vocab_size"])
    heads = _pairs(settings.get("alignment_heads"), config["decoder_layers"], config["decoder_attention_heads"])
    found: dict[str, Any] = {
        "bos_token_id": tokens.end,
        "eos_token_id": tokens.end,
        "pad_token_id": tokens.end,
        "decoder_start_token_id": tokens.start,
        "no_timestamps_token_id": tokens.no_times,
        "max_length": config["max_target_positions"],
        "return_timestamps": False,
        "is_multilingual": bool(tokens.languages),
        "suppress_tokens": _numbers(settings, "suppress_ids", n),
        "begin_suppress_tokens": _numbers(settings, "suppress_ids_begin", n),
        "alignment_heads": heads,
    }
    if tokens.previous is not None:
        found["prev_sot_token_id"] = tokens.previous
    if tokens.languages:
        found |= {"lang_to_id": tokens.languages, "task_to_id": tokens.tasks, "task": "transcribe"}
    return found


def _added(text: str, number: int) -> dict[str, Any]:
    plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "special"), False)
    return {"id": number, "content": text, **plain, "normalized": True}


def _numbers(settings: dict[str, Any], name: str, n: int) -> list[int]:
    found = settings.get(name) or []
    if not isinstance(found, list) or not all(type(one) is int and 0 <= one < n for one in found):
        raise BadArtifact(f"{name} of config.json does not hold tokens")
    return found


def _pairs(found: Any, n_layers: int, n_heads: int) -> list[list[int]]:
    pairs = found or []
    fits = isinstance(pairs, list) and all(
        isinstance(one, list) and [type(number) for number in one] == [int, int] for one in pairs
    )
    if not fits or not all(0 <= layer < n_layers and 0 <= head < n_heads for layer, head in pairs):
        raise BadArtifact("alignment_heads of config.json does not hold a layer and a head each")
    return pairs
