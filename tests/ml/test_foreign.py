"""Models made elsewhere: told apart, checked and rewritten in a limited subprocess."""

import pickle
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from benchmarks import attack_files
from mlops.ml.contract import BadArtifact, UnreadableInput, UnsafeFormat
from mlops.ml.foreign import Wanted, probe, sniff
from mlops.ml.foreign_probe import Refused, check_graph, from_lightgbm, rename, try_on_zeros
from mlops.ml.foreign_shapes import sized_by_values
from mlops.ml.scoring import open_session

WANTED = Wanted(length=6, n_channels=2, n_classes=3)


def graph(*, name="x", out="y", shape=("batch", 6, 2), classes=3, op="Softmax", domain="", external=False, batch=None):
    """A flatten, a matrix and a softmax."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.random.default_rng(0).normal(size=(12, classes)).astype(np.float32), "w")
    if external:
        weights.data_location = TensorProto.EXTERNAL
        weights.external_data.add(key="location", value="../../etc/passwd")
        weights.ClearField("raw_data")
    nodes = [
        helper.make_node("Flatten", [name], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["logits_"]),
        helper.make_node(op, ["logits_"], [out], domain=domain, **({"axis": 1} if op == "Softmax" else {})),
    ]
    shape = (batch or "batch", *shape[1:])
    made = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, ["batch", classes])], [weights],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return onnx.helper.make_model(made, opset_imports=opsets, ir_version=9)


def saved(tmp_path: Path, model) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def answers(path: Path, x):
    import onnxruntime

    return onnxruntime.InferenceSession(str(path)).run(["probabilities"], {"input": x})[0]


def test_a_model_with_other_names_is_rewritten(tmp_path):
    out = tmp_path / "out.onnx"
    facts = probe(saved(tmp_path, graph()), out, "onnx", WANTED)
    assert facts.opset == 17
    x = np.ones((2, 6, 2), np.float32)
    np.testing.assert_allclose(answers(out, x).sum(axis=1), 1, atol=1e-6)


def checked(model, wanted: Wanted) -> bytes:
    """What the child process does, in this one."""
    check_graph(model)
    data = rename(model, asdict(wanted)).SerializeToString()
    try_on_zeros(data, asdict(wanted))
    return data


def test_logits_get_their_softmax(tmp_path):
    with pytest.raises(Refused, match="not probabilities"):
        checked(graph(op="Identity"), WANTED)
    out = tmp_path / "out.onnx"
    out.write_bytes(checked(graph(op="Identity"), Wanted(6, 2, 3, output="logits")))
    np.testing.assert_allclose(answers(out, np.ones((2, 6, 2), np.float32)).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"external": True}, "another file"),
        ({"op": "Evil", "domain": "com.example"}, "com.example.Evil"),
        ({"classes": 4}, "is needed"),
        ({"shape": ("batch", 3, 4)}, "is needed"),
        ({"batch": 1}, "dynamic"),
    ],
)
def test_what_does_not_fit_is_refused(changes, words):
    with pytest.raises(Refused, match=words):
        checked(graph(**changes), WANTED)


def test_a_graph_whose_sizes_hang_on_values_is_refused(tmp_path):
    """It is small when it is looked at, and takes gigabytes for the next input."""
    path = tmp_path / "m.onnx"
    path.write_bytes(attack_files.sized_by_its_input())
    with pytest.raises(BadArtifact, match="ConstantOfShape makes tensors as large as the values"):
        probe(path, tmp_path / "out.onnx", "onnx", WANTED)
    assert not (tmp_path / "out.onnx").exists()


def test_sizes_from_shapes_and_constants_are_no_reason(tmp_path):
    """What exporters write for a dynamic batch: Shape, Gather, Concat, Reshape; TopK and Slice by constants."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def kept(name, value):
        return numpy_helper.from_array(np.array(value, np.int64), name)

    nodes = [
        helper.make_node("Shape", ["input"], ["size"]),
        helper.make_node("Gather", ["size", "zero"], ["n"]),
        helper.make_node("Concat", ["n", "rest"], ["flat_size"], axis=0),
        helper.make_node("Reshape", ["input", "flat_size"], ["flat"]),
        helper.make_node("TopK", ["flat", "three"], ["best", "where"]),
        helper.make_node("Softmax", ["best"], ["probabilities"], axis=1),
    ]
    made = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 6, 2])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 3])],
        [kept("zero", [0]), kept("rest", [12]), kept("three", [3])],
    )  # fmt: skip
    model = onnx.helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    assert sized_by_values(model) is None
    checked(model, WANTED)
    nodes[4].input[1] = "where_from"
    nodes.insert(4, helper.make_node("Cast", ["flat"], ["numbers"], to=TensorProto.INT64))
    nodes.insert(5, helper.make_node("ReduceMax", ["numbers"], ["where_from"], keepdims=0))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    assert sized_by_values(model) == "TopK"


def test_a_foreign_session_answers_within_its_memory(tmp_path):
    """Whatever slipped through: the runtime refuses, and the process lives."""
    manifest = {"files": {"model.onnx": {}}, "origin": "import:m.onnx"}
    (tmp_path / "model.onnx").write_bytes(attack_files.sized_by_its_input())
    session = open_session(tmp_path, manifest)
    small, large = (np.full((2, 6, 2), value, np.float32) for value in (1, 900))
    assert session.run(["probabilities"], {"input": small})[0].shape == (2, 3)
    with pytest.raises(BadArtifact, match="512 MiB"):
        session.run(["probabilities"], {"input": large})
    assert session.run(["probabilities"], {"input": small})[0].shape == (2, 3)


def test_garbage_is_refused(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08" + b"\xff" * 5000)
    with pytest.raises(BadArtifact):
        probe(path, tmp_path / "out.onnx", "onnx", WANTED)


@pytest.mark.parametrize("features", ["flatten", "stats"])
def test_lightgbm_text(tmp_path, features):
    import lightgbm

    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 6, 2)).astype(np.float32)
    y = np.arange(120) % 3
    x[:, :, 0] += y[:, None]
    made = x.reshape(120, -1) if features == "flatten" else np.hstack([x.mean(1), x.std(1), x.min(1), x.max(1)])
    settings = {"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1, "num_leaves": 7}
    booster = lightgbm.train(settings, lightgbm.Dataset(made, y), 3)
    path = tmp_path / "m.txt"
    booster.save_model(str(path))
    assert sniff(path, "m.txt") == "lightgbm"
    wanted = Wanted(6, 2, 3, features=features)
    out = tmp_path / "out.onnx"
    out.write_bytes(checked(from_lightgbm(path, asdict(wanted)), wanted))
    np.testing.assert_allclose(answers(out, x[:9]), booster.predict(made[:9]), atol=1e-5)
    with pytest.raises(Refused, match="features"):
        from_lightgbm(path, asdict(Wanted(9, 3, 3, features=features)))


class Evil:
    def __reduce__(self):
        return (Path.touch, (Path("/tmp/evil-was-here"),))


def test_pickles_are_never_read(tmp_path):
    cases = {
        "m.pkl": pickle.dumps(Evil()), "renamed.onnx": pickle.dumps(Evil()), "m.joblib": b"\x78\x9cabc",
        "zipped.onnx": b"\x78\x9cabc", "old.onnx": b"cos\nsystem\n(S'x'\ntR.",
        "m.pt": b"PK\x03\x04", "m.h5": b"\x89HDF",
    }  # fmt: skip
    for name, data in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(UnsafeFormat):
            sniff(path, name)
    assert not Path("/tmp/evil-was-here").exists()
    path.write_bytes(b"hello")
    with pytest.raises(UnreadableInput):
        sniff(path, "hello.txt")
