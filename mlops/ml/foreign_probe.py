"""Opening a foreign model: checks, then plain ONNX. Called in a limited child (`mlops.ml.foreign`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.contract import BadArtifact
from mlops.ml.foreign_session import bounded_session
from mlops.ml.foreign_shapes import sized_by_values

OPSETS = range(7, 25)
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
MAX_NODES = 50_000
MAX_WINDOWS, MAX_VALUES = 256, 8_000_000
"""A model is tried on as many windows as are ever asked at once, fewer where they are long."""
_ENDLESS = frozenset({"Loop", "Scan"})


class Refused(BadArtifact):
    """What is wrong, in one sentence for a person."""


def check_model(kind: str, source: Path, out: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Check a model and write it to `out` as plain ONNX; {"opset", "n_nodes", "n_bytes"}. Raises Refused.

    wanted  the fields of `mlops.ml.foreign.Wanted`
    """
    try:
        model = from_lightgbm(source, wanted) if kind == "lightgbm" else read_onnx(source)
        check_graph(model)
        model = rename(model, wanted)
        data = model.SerializeToString()
        try_on_zeros(data, wanted)
        out.write_bytes(data)
    except (BadArtifact, MemoryError):
        raise
    except Exception as error:  # parsers raise many unrelated types for a damaged file
        raise Refused(f"it cannot be read as a model ({type(error).__name__})") from error
    opset = max(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    return {"opset": opset, "n_nodes": len(model.graph.node), "n_bytes": len(data)}


def read_onnx(path: Path) -> Any:
    """Parse without following references to other files."""
    import onnx

    return onnx.load_model(str(path), load_external_data=False)


def from_lightgbm(path: Path, wanted: dict[str, Any]) -> Any:
    """Trees as ONNX behind a front that makes their features of a window."""
    import lightgbm
    from onnx import compose, helper
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    booster = lightgbm.Booster(model_file=str(path))
    per_channel = wanted["length"] if wanted["features"] == "flatten" else 4
    n_features = per_channel * wanted["n_channels"]
    if booster.num_feature() != n_features:
        text = f"it was trained on {booster.num_feature()} features; {wanted['features']} of these windows gives"
        raise Refused(f"{text} {n_features}")
    if max(2, booster.num_model_per_iteration()) != wanted["n_classes"]:
        raise Refused(f"it answers {booster.num_model_per_iteration()} classes, not {wanted['n_classes']}")
    given = [("features", FloatTensorType([None, n_features]))]
    trees = convert_lightgbm(booster, initial_types=given, zipmap=False, target_opset=15)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    del trees.opset_import[:]
    trees.opset_import.extend(opsets)
    trees = compose.add_prefix(trees, "trees_")
    front = helper.make_model(_front(wanted, n_features), opset_imports=opsets, ir_version=trees.ir_version)
    probabilities = trees.graph.output[-1].name
    return compose.merge_models(front, trees, io_map=[("features", trees.graph.input[0].name)], outputs=[probabilities])


def _front(wanted: dict[str, Any], n_features: int) -> Any:
    from onnx import TensorProto, helper, numpy_helper

    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", wanted["length"], wanted["n_channels"]])
    made = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", n_features])
    if wanted["features"] == "flatten":
        shape = numpy_helper.from_array(np.array([-1, n_features], np.int64), "shape")
        nodes = [helper.make_node("Reshape", ["input", "shape"], ["features"])]
        return helper.make_graph(nodes, "front", [given], [made], [shape])
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["level"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["input", "level"], ["off"]),
        helper.make_node("Mul", ["off", "off"], ["off2"]),
        helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("ReduceMean", ["off2"], ["variance"], axes=[1], keepdims=0),
        helper.make_node("Sqrt", ["variance"], ["std"]),
        helper.make_node("ReduceMin", ["input"], ["min"], axes=[1], keepdims=0),
        helper.make_node("ReduceMax", ["input"], ["max"], axes=[1], keepdims=0),
        helper.make_node("Concat", ["mean", "std", "min", "max"], ["features"], axis=1),
    ]
    return helper.make_graph(nodes, "front", [given], [made])


def check_graph(model: Any) -> None:
    """Refuse files beside it, unknown operators and versions, loops, and graphs without end."""
    import onnx

    if any(o.domain in ("", "ai.onnx") and o.version not in OPSETS for o in model.opset_import):
        raise Refused(f"its opset is not one of {OPSETS.start} to {OPSETS.stop - 1}")
    known = {(function.domain, function.name) for function in model.functions}
    graphs, seen = [model.graph, *model.functions], 0
    while graphs:
        graph = graphs.pop()
        for tensor in getattr(graph, "initializer", ()):
            _no_file(tensor)
        for sparse in getattr(graph, "sparse_initializer", ()):
            _no_file(sparse.values)
            _no_file(sparse.indices)
        for node in graph.node:
            seen += 1
            if seen > MAX_NODES:
                raise Refused(f"it has more than {MAX_NODES:,} nodes")
            if node.domain not in DOMAINS and (node.domain, node.op_type) not in known:
                raise Refused(f"it needs the operator {node.domain}.{node.op_type}, and only standard ones are allowed")
            if node.op_type in _ENDLESS:
                raise Refused(f"it contains a {node.op_type}, which may run for ever")
            for attribute in node.attribute:
                _no_file(attribute.t)
                graphs += [attribute.g] if attribute.HasField("g") else []
                graphs += list(attribute.graphs)
                for tensor in attribute.tensors:
                    _no_file(tensor)
    onnx.checker.check_model(model)
    if sized_by := sized_by_values(model):
        raise Refused(f"its {sized_by} makes tensors as large as the values it is asked with say")


def _no_file(tensor: Any) -> None:
    import onnx

    if tensor.data_location == onnx.TensorProto.EXTERNAL or len(tensor.external_data):
        raise Refused("it keeps weights in another file; save it as one file")


def rename(model: Any, wanted: dict[str, Any]) -> Any:
    """One input named input, one output named probabilities, with a softmax where logits were announced."""
    from onnx import TensorProto, helper

    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise Refused(f"it has {len(inputs)} inputs; one is needed")
    if inputs[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        raise Refused("its input is not float32")
    shape = [d.dim_value for d in inputs[0].type.tensor_type.shape.dim]
    expected = (wanted["length"], wanted["n_channels"])
    if len(shape) != 3 or any(have not in (0, need) for have, need in zip(shape[1:], expected, strict=True)):
        raise Refused(f"its input is {shape}; (batch, {expected[0]}, {expected[1]}) is needed")
    if shape[0] not in (0,):
        raise Refused("its batch size is fixed; export it with a dynamic first axis")
    outputs = [value for value in graph.output if value.type.tensor_type.elem_type == TensorProto.FLOAT]
    named = [value for value in outputs if value.name in ("probabilities", "logits")]
    if len(outputs) != 1 and len(named) != 1:
        raise Refused(f"it has {len(outputs)} float32 outputs; one is needed (zipmap=False for trees)")
    output = (named or outputs)[0].name
    old = inputs[0].name
    if old != "input" and any("input" in (*node.input, *node.output) for node in graph.node):
        raise Refused('it uses the name "input" for something else')
    for node in graph.node:
        node.input[:] = ["input" if name == old else name for name in node.input]
    if wanted["output"] == "logits" or output != "probabilities":
        kind = "Softmax" if wanted["output"] == "logits" else "Identity"
        if any("probabilities" in node.output for node in graph.node):
            raise Refused('it uses the name "probabilities" for something else')
        more: dict[str, Any] = {"axis": 1} if kind == "Softmax" else {}
        graph.node.append(helper.make_node(kind, [output], ["probabilities"], **more))
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", *expected]))
    del graph.output[:]
    made = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", wanted["n_classes"]])
    graph.output.append(made)
    model.doc_string = ""
    del model.metadata_props[:]
    return model


def try_on_zeros(data: bytes, wanted: dict[str, Any]) -> None:
    """It must answer zeros, noise and large values, one to many at a time, with finite rows that sum to one.

    It may take no more memory than it will have when it serves.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = bounded_session(data, options)
    shape = (wanted["length"], wanted["n_channels"])
    rng = np.random.default_rng(0)
    most = max(4, min(MAX_WINDOWS, MAX_VALUES // (shape[0] * shape[1])))
    for x in (np.zeros((1, *shape)), rng.normal(size=(3, *shape)), 100 * rng.normal(size=(most, *shape))):
        answer = session.run(["probabilities"], {"input": x.astype(np.float32)})[0]
        if answer.shape != (len(x), wanted["n_classes"]):
            raise Refused(f"it answers {list(answer.shape)} to {len(x)} windows; (n, {wanted['n_classes']}) is needed")
        if not np.isfinite(answer).all() or (answer < -1e-6).any() or abs(answer.sum(axis=1) - 1).max() > 1e-3:
            raise Refused("its answers are not probabilities; announce logits if a softmax is missing")
