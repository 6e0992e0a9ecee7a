"""Voices and lexicons as small as they can be, with random numbers, in the formats of the real ones."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LETTERS = "abcdefghijklmnopqrstuvwxyz"
CHECKED = {
    "keep": "kˈip", "your": "jʊɹ", "lift": "lˈɪft", "the": "ði", "a": "A", "to": "tu", "and": "ænd", "set": "sˈɛt",
    "rest": "ɹˈɛst", "box": "bˈɑks", "kettle": "kˈɛTᵊl", "bell": "bˈɛl", "raise": "ɹˈAz", "run": "ɹˈʌn",
    "trot": "tɹˈɑt", "record": {"DEFAULT": "ɹˈɛkəɹd", "VERB": "ɹəkˈɔɹd"}, "eight": "ˈAt", "ape": "ˈAp",
    "go": "ɡˈO", "yaw": "jˈɔ",
    "A": "ˈA", "R": "ˈɑɹ", "P": "pˈi", "E": "ˈi",
}  # fmt: skip
_FLOAT, _INT = TensorProto.FLOAT, TensorProto.INT64


def english_sounds(folder: Path) -> Path:
    """A folder like the part `english-sounds`; unknown words sound as they are spelled."""
    folder.mkdir(parents=True, exist_ok=True)
    for region in ("us", "gb"):
        _gz(folder / f"lexicon_{region}_gold.json.gz", CHECKED)
        _gz(folder / f"lexicon_{region}_silver.json.gz", {"esi": "ˈɛsi"})
    weights = {"w-1=to": {"VB": 2.0}, "w-1=the": {"NN": 2.0}, "b": {"NN": 0.1}}
    model = {"tagdict": {"the": "DT", "a": "DT", "to": "TO"}, "tags": ["DT", "NN", "TO", "VB"], "vocab": ["to", "the"]}
    _gz(folder / "tagger.json.gz", model | {"weights": weights})
    same = helper.make_node("Identity", ["chars"], ["ids"])
    for name in ("oov", "oov_gb"):
        (folder / f"{name}.json").write_text(json.dumps({"in": list(LETTERS), "out": list(LETTERS), "maxlen": 24}))
        _save(folder / f"{name}.onnx", [same], {"chars": (_INT, [1, "L"])}, {"ids": (_INT, [1, "L"])}, {})
    return folder


def names(folder: Path) -> Path:
    """A folder like the part `ghana-names`."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / "lexicon.tsv.gz", "wt", encoding="utf-8") as out:
        out.write("boateng\tb u a t e ŋ\nkofi\tk k o f i\nkofi\tk o f e\nesi\te s i\nnyantakyi\tɲ a n t a tɕ i\n")
    return folder


def hibari(folder: Path) -> Path:
    """A folder like the part `hibari`: as many frames as sounds, a pitch of 100 Hz × speed."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    parts = ("lh", "theta", "ln", "lr", "phi")
    nodes = [
        helper.make_node("Cast", ["ids"], ["x"], to=_FLOAT),
        helper.make_node("Unsqueeze", ["x", "axis"], ["rows"]),
        *(helper.make_node("MatMul", [f"w_{one}", "rows"], [f"m_{one}"]) for one in parts),
        *(helper.make_node("Sub", [f"m_{one}", "quiet"], [one]) for one in parts),
        helper.make_node("Mul", ["x", "zero"], ["zeros"]),
        helper.make_node("Mul", ["speed", "hundred"], ["pitch"]),
        helper.make_node("Add", ["zeros", "pitch"], ["f0"]),
    ]
    given = {f"w_{one}": rng.normal(0, 0.01, (1, 601, 1)).astype(np.float32) for one in parts}
    given |= {"axis": np.array([1]), "quiet": np.float32(4), "zero": np.float32(0), "hundred": np.float32(100)}
    told = {one: (_FLOAT, [1, 601, "F"]) for one in parts} | {"f0": (_FLOAT, [1, "F"])}
    _save(folder / "hibari.onnx", nodes, {"ids": (_INT, [1, "L"]), "speed": (_FLOAT, [1])}, told, given)
    return folder


def kokoro(folder: Path, voices: tuple[str, ...] = ("af_heart", "bf_emma")) -> Path:
    """A folder like the part `kokoro-82m`: 200 samples a sound, as loud as the speaker's row is large."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("Cast", ["tokens"], ["x"], to=_FLOAT),
        helper.make_node("Transpose", ["x"], ["column"], perm=[1, 0]),
        helper.make_node("MatMul", ["column", "w"], ["waves"]),
        helper.make_node("ReduceMean", ["style"], ["loud"], keepdims=0),
        helper.make_node("Mul", ["waves", "loud"], ["scaled"]),
        helper.make_node("Mul", ["scaled", "speed"], ["quick"]),
        helper.make_node("Tanh", ["quick"], ["bounded"]),
        helper.make_node("Reshape", ["bounded", "flat"], ["audio"]),
    ]
    given = {"w": rng.normal(0, 0.001, (1, 200)).astype(np.float32), "flat": np.array([-1])}
    asked = {"tokens": (_INT, [1, "L"]), "style": (_FLOAT, [1, 256]), "speed": (_FLOAT, [1])}
    _save(folder / "model.onnx", nodes, asked, {"audio": (_FLOAT, ["N"])}, given)
    for number, voice in enumerate(voices, 1):
        np.full((510, 256), number, "<f4").tofile(folder / f"{voice}.bin")
    return folder


def _gz(path: Path, value: object) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as out:
        json.dump(value, out, ensure_ascii=False)


def _save(path: Path, nodes: list, asked: dict, told: dict, given: dict) -> None:  # type: ignore[type-arg]
    graph = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info(name, *one) for name, one in asked.items()],
        [helper.make_tensor_value_info(name, *one) for name, one in told.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in given.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
