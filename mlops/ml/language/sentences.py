"""Sentences as vectors: near vectors mean nearly the same. all-MiniLM-L6-v2, through ONNX Runtime, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadValue, FloatArray
from mlops.ml.language.found import Found, Hit
from mlops.ml.language.lexical import search_words
from mlops.ml.parts.component import Component
from mlops.ml.parts.store import PartMissing

MAX_TOKENS = 256
"""What the model was taught on; the rest of a longer text is left out."""
MAX_CHARACTERS = 20_000
"""Of a text that are looked at."""
BATCH_TOKENS = 2048
"""Tokens of one run of the graph, padding included."""
GRAPH = "model.onnx"
_PAD = 0


class SentenceEmbedder(Component):
    """English sentences and short paragraphs → 384 numbers each. Without the part, `search` goes by words."""

    part, takes = "all-minilm-l6-v2", "text"
    max_batch = 64
    any_thread = True

    _session: Any = None
    _tokenizer: Any = None

    def _load(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # as quick here, and half the memory
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(
                str(folder / GRAPH), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise types of their own
            raise BadArtifact(f"{folder.name} is no sentence encoder: {type(error).__name__}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def _close(self) -> None:
        self._session = self._tokenizer = None

    @property
    def width(self) -> int:
        """Numbers of one vector."""
        self.load()
        return int(self._session.get_outputs()[0].shape[1])

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(n, 384) float32 of length 1, in the order of the texts; an empty text is the vector of nothing said.

        Raises BadValue for what is no text, PartMissing, BadArtifact.
        """
        if isinstance(texts, str) or not all(isinstance(one, str) for one in texts):
            raise BadValue("sentences are a list of texts")
        self.load()
        vectors = np.empty((len(texts), self.width), np.float32)
        found = self._tokenizer.encode_batch([one[:MAX_CHARACTERS] for one in texts])
        tokens = [np.array(one.ids, np.int64) for one in found]
        for which in _batches([len(one) for one in tokens]):
            vectors[which] = self._run([tokens[i] for i in which])
        return vectors

    def search(self, query: str, texts: Sequence[str], k: int = 5) -> Found:
        """The `k` texts that mean most nearly what the query does; by shared words where the part is missing.

        `Found.method` says which. Raises BadValue, BadArtifact.
        """
        if not isinstance(query, str) or k < 1:
            raise BadValue("a search has a text and asks for at least one answer")
        try:
            vectors = self.embed([query, *texts])
        except PartMissing:
            return search_words(query, texts, k)
        scores = vectors[1:] @ vectors[0]
        best = np.argsort(-scores, kind="stable")[:k]
        return Found(tuple(Hit(int(i), texts[i], float(scores[i])) for i in best), "meaning")

    def answer(self, inputs: list[Any]) -> list[Any]:
        """A vector (384,) for each text."""
        return list(self.embed(inputs))

    def _run(self, tokens: list[npt.NDArray[np.int64]]) -> FloatArray:
        longest = max(len(one) for one in tokens)
        ids = np.full((len(tokens), longest), _PAD, np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors, np.float32)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions in batches of about equal length, each within BATCH_TOKENS."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) + 1) * lengths[i] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
