"""Sentences as vectors: equal to the torch model of the same weights in any order and batch; search says its method."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from mlops.ml.contract import BadArtifact, BadValue
from mlops.ml.language.making import export
from mlops.ml.language.sentences import GRAPH, MAX_TOKENS, SentenceEmbedder, _batches
from mlops.ml.limited import Limits, in_child
from mlops.ml.parts.store import PartMissing, PartStore
from tests.ml.language.tiny_bert import tiny_bert

TEXTS = ["My knee hurts.", "", "squat " * 400, "the lunge is fine, and my back is sore", "unknown words", "a", "ɛ"]


def by_torch(folder: Path, texts: list[str]) -> np.ndarray:
    """One at a time, with no padding at all: the plainest reading of the model card."""
    bert = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding(), tokenizer.enable_truncation(MAX_TOKENS)
    with torch.inference_mode():
        ids = [torch.tensor([tokenizer.encode(one).ids]) for one in texts]
        means = [bert(input_ids=one).last_hidden_state[0].mean(0) for one in ids]
        return torch.nn.functional.normalize(torch.stack(means)).numpy()


def cosine_gap(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(1 - (ours * theirs).sum(axis=1).min())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tiny encoder with its graph, made in a limited child as `fetch_parts` does."""
    made = tiny_bert(tmp_path_factory.mktemp("bert"))
    in_child(export, Limits(memory_mib=6 * 1024, cpu_s=300, wall_s=300))(made, made / GRAPH)
    return made


@pytest.fixture
def embedder(folder):
    return SentenceEmbedder(folder)


def test_it_computes_what_the_torch_model_does(embedder, folder):
    found = embedder.embed(TEXTS)
    assert (found.shape, found.dtype) == ((len(TEXTS), embedder.width), np.float32)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert cosine_gap(found, by_torch(folder, TEXTS)) < 1e-4
    np.testing.assert_allclose(found, by_torch(folder, TEXTS), atol=1e-5)


def test_neither_order_nor_company_matters(embedder, monkeypatch):
    alone = np.concatenate([embedder.embed([one]) for one in TEXTS])
    np.testing.assert_allclose(embedder.embed(TEXTS[::-1])[::-1], alone, atol=1e-5)
    monkeypatch.setattr("mlops.ml.language.sentences.BATCH_TOKENS", 1)
    np.testing.assert_allclose(embedder.embed(TEXTS), alone, atol=1e-5)
    assert embedder.embed([]).shape == (0, embedder.width)


def test_batches_hold_every_text_once_and_stay_small(monkeypatch):
    monkeypatch.setattr("mlops.ml.language.sentences.BATCH_TOKENS", 20)
    lengths = [3, 50, 1, 9, 4, 4, 10, 2]
    batches = list(_batches(lengths))
    assert sorted(i for batch in batches for i in batch) == list(range(8))
    assert all(len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 20 for batch in batches)


def test_search_by_meaning(embedder):
    texts = ["rest day", "my knee hurts", "a lunge"]
    found = embedder.search("My KNEE hurts", texts, 2)
    assert found.method == "meaning"
    assert [one.position for one in found.hits][0] == 1
    assert found.hits[0].score == pytest.approx(1, abs=1e-5)
    assert len(found.hits) == 2
    assert found.as_json()["hits"][0]["text"] == "my knee hurts"


def test_without_the_part_search_goes_by_words_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("mlops.ml.parts.store._store", PartStore(tmp_path))
    embedder = SentenceEmbedder()
    found = embedder.search("knee", ["rest day", "my knee hurts"])
    assert (found.method, [one.position for one in found.hits]) == ("words", [1])
    with pytest.raises(PartMissing, match="fetch_parts all-minilm-l6-v2"):
        embedder.embed(["knee"])


def test_what_is_refused(embedder, tmp_path):
    for given in ("a text", [1], [None], [b"bytes"]):
        with pytest.raises(BadValue):
            embedder.embed(given)
    with pytest.raises(BadValue):
        embedder.search("x", ["y"], 0)
    with pytest.raises(BadArtifact, match="no sentence encoder"):
        SentenceEmbedder(tmp_path).load()


def test_what_serve_models_asks(embedder):
    found = embedder.answer(TEXTS)
    assert len(found) == len(TEXTS)
    np.testing.assert_array_equal(np.stack(found), embedder.embed(TEXTS))


def test_no_graph_is_made_of_something_else(tmp_path):
    with pytest.raises(BadArtifact, match="is no BERT"):
        export(tmp_path, tmp_path / GRAPH)
    other = tiny_bert(tmp_path)
    (other / "config.json").write_text((other / "config.json").read_text().replace('_layers": 2', '_layers": 3'))
    with pytest.raises(BadArtifact, match="lacks"):
        export(other, other / GRAPH)


def test_the_real_weights(real_part):
    """Equal to torch, and meanings are near where words are not."""
    folder = real_part("all-minilm-l6-v2")
    embedder = SentenceEmbedder(device="cpu")
    texts = [*TEXTS, "He lifts heavy weights.", "Kenkey with fried fish", "12 reps of 80 kg"]
    found = embedder.embed(texts)
    assert found.shape == (len(texts), 384)
    assert cosine_gap(found, by_torch(folder, texts)) < 1e-4
    hit = embedder.search("pain in a leg joint", ["I ate fufu", "The knee is sore", "Tomorrow is a rest day"], 1)
    assert (hit.method, hit.hits[0].position) == ("meaning", 1)
