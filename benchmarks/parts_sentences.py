"""Sentences as vectors: what it takes over the torch model of the same weights, and over a server.

    python -m benchmarks.parts_sentences [--repeats 12] [--json FILE]

1,000 short texts by SentenceEmbedder and by torch and transformers in batches of 32, alternating, one thread each; the
greatest difference between the two; cold and warm load, memory; one call and several callers through serve_models
over the same calls here, one after another; and which of 12 questions find their answer among 36 texts first, by
meaning and by words (the fallback).

The part is the one that is installed here (manage.py fetch_parts).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.parts_server import N_CALLERS, cold, ratio, served, serving, timed
from mlops.ml.language.lexical import search_words
from mlops.ml.language.sentences import MAX_TOKENS, SentenceEmbedder

REQUIRED_RATIO = 1.05
ANSWERS = {
    "How do I protect my lower back when lifting?": "Brace your core and keep a neutral spine in the deadlift.",
    "My legs ache the day after training": "Delayed muscle soreness peaks after one to two days.",
    "What should I eat before a run?": "A light meal two hours before jogging works for most people.",
    "I cannot sleep after evening sessions": "Late intense exercise can keep you awake; leave three hours until bed.",
    "How much water do I need?": "Drink about half a litre an hour while you sweat.",
    "pain in a leg joint": "The knee may hurt when load rises too fast.",
    "how to get stronger arms": "Curls and dips build the biceps and triceps.",
    "I feel burnt out": "Lasting exhaustion and no joy in training are signs of overload; talk to your coach.",
    "is walking enough": "Thirty minutes on foot a day already lower the risk of heart disease.",
    "my heart beats fast at rest": "A raised resting pulse in the morning can mean that you have not recovered.",
    "food from Ghana with lots of protein": "Beans with gari and fish give you amino acids and energy.",
    "how deep should I go": "In the squat the hip crease falls below the top of the knee.",
}
OTHERS = (
    "The gym opens at six.", "Bring a towel.", "Your subscription renews in May.", "The car park is behind the hall.",
    "Lockers need a coin.", "Team photos are on Friday.", "The bus leaves at noon.", "Music is off after nine.",
    "A new treadmill arrived.", "The coach is on leave.", "Showers are closed today.", "Membership cards are green.",
    "Water fountains were cleaned.", "The final is on Sunday.", "Shoes must be clean.", "Wifi is free.",
    "The roof is being repaired.", "Yoga moved to room two.", "We sell bananas.", "Lost keys are at the desk.",
    "Tickets cost five cedis.", "The pool is 25 m long.", "Dogs wait outside.", "Lights go off at ten.",
)  # fmt: skip


def texts(n: int = 1000) -> list[str]:
    """Short notes of athletes, all different."""
    exercises, parts = ("squats", "lunges", "push-ups", "curls", "rows"), ("knee", "back", "shoulder", "neck")
    felt = ("fine", "sore", "tired")
    return [
        f"I did {i % 9 + 1} sets of {exercises[i % 5]} on day {i} and my {parts[i % 4]} felt {felt[i % 3]}"
        for i in range(n)
    ]


class Torch:
    """The same weights as the model card of sentence-transformers uses them."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.set_num_threads(1)
        self.torch = torch
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder).eval()

    def embed(self, given: list[str]) -> np.ndarray:
        return np.concatenate([self._batch(given[at : at + 32]) for at in range(0, len(given), 32)])

    def _batch(self, given: list[str]) -> np.ndarray:
        taken = self.tokenizer(given, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        with self.torch.inference_mode():
            states = self.model(**taken).last_hidden_state
            mask = taken["attention_mask"].unsqueeze(-1)
            return self.torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1)).numpy()


def measure(repeats: int) -> dict[str, Any]:
    embedder = SentenceEmbedder(device="cpu")
    found: dict[str, Any] = {"load_s": timed(embedder.load), **cold(embedder.model_id, "My knee hurts.")}
    bare = Torch(embedder.folder)
    given = texts()
    found["thousand"] = ratio(lambda: bare.embed(given), lambda: embedder.embed(given), max(3, repeats // 4))
    found["one"] = ratio(lambda: bare.embed(given[:1]), lambda: embedder.embed(given[:1]), 5 * repeats)
    mixed = [*given[:50], "", "ɛte sɛn", "word " * 400]
    found["cosine_gap"] = float(1 - (bare.embed(mixed) * embedder.embed(mixed)).sum(axis=1).min())
    pool = [*ANSWERS.values(), *OTHERS]
    for method, search in (("meaning", embedder.search), ("words", search_words)):
        first = [search(question, pool, 1).hits for question in ANSWERS]
        found[method] = sum(bool(hit) and hit[0].position == n for n, hit in enumerate(first))
    with serving() as client:
        found["served"] = served(client, embedder, given[0], 5 * repeats)
        found["served_long"] = served(client, embedder, "My knee hurts when I squat. " * 40, 2 * repeats)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, 1 thread a model")
    found = measure(options.repeats)
    print(f"cold load {found['cold_load_s']:.2f} s, warm {found['load_s']:.2f} s, {found['memory_mb']:.0f} MB")
    for name, words in (("thousand", "1,000 short texts"), ("one", "one text")):
        one = found[name]
        print(f"{words:18} {one['ours_s']:.4f} s, × {one['ratio']:.3f} of torch ({one['bare_s']:.4f} s)")
    print(f"greatest cosine gap to torch {found['cosine_gap']:.1e}")
    print(f"answers found first: {found['meaning']} of {len(ANSWERS)} by meaning, {found['words']} by words")
    for name, words in (("served", "a short text"), ("served_long", "256 tokens")):
        one = found[name]
        print(
            f"serve_models, {words}: one call × {one['one']:.3f} (quickest × {one['quickest']:.3f}, "
            f"processor × {one['processor']:.3f}, +{one['added_ms']:.1f} ms; at most {REQUIRED_RATIO}), "
            f"{N_CALLERS} callers × {one['callers']:.3f} of the same calls in turn here"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
