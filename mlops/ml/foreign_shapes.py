"""Whether a graph makes tensors whose size hangs on the values of its input, not on how many there are.

Such a graph is small when it is looked at and as large as its next input says later. Tensors whose values come from the
input are followed through the graph, until one of them decides a shape (operators of ONNX up to opset 24).
"""

from __future__ import annotations

from typing import Any

_SHAPE_FROM = {
    "Reshape": (1,), "Expand": (1,), "Tile": (1, 2), "ConstantOfShape": (0,), "Range": (0, 1, 2), "Slice": (1, 2, 3, 4),
    "Pad": (1, 3), "Resize": (1, 2, 3), "Upsample": (1,), "TopK": (1,), "OneHot": (1,), "Split": (1,), "Squeeze": (1,),
    "Unsqueeze": (1,), "NonZero": (0,), "Unique": (0,), "Compress": (1,), "CenterCropPad": (1,), "Col2Im": (1, 2),
    "MaxUnpool": (2,), "AffineGrid": (1,), "DFT": (1, 2), "STFT": (1, 3), "HannWindow": (0,), "HammingWindow": (0,),
    "BlackmanWindow": (0,), "MelWeightMatrix": (0, 1, 2, 3, 4), "NonMaxSuppression": (0, 1, 2, 3, 4),
    "SplitToSequence": (1,), "SequenceAt": (1,), "SequenceErase": (1,), "SequenceInsert": (2,), "StringSplit": (0,),
    "ImageDecoder": (0,), "If": (0,), "ReduceSum": (1,), "ReduceMean": (1,), "ReduceMax": (1,), "ReduceMin": (1,),
    "ReduceProd": (1,), "ReduceL1": (1,), "ReduceL2": (1,), "ReduceLogSum": (1,), "ReduceLogSumExp": (1,),
    "ReduceSumSquare": (1,), "CastMap": (0,), "DictVectorizer": (0,), "Tokenizer": (0,),
}  # fmt: skip
"""Operator → inputs whose values decide how large its answer is (`If`: which branch answers)."""
_ONLY_SHAPES = frozenset({"Shape", "Size"})
"""Operators whose answer's values come from their input's shape alone."""


def sized_by_values(model: Any) -> str | None:
    """The first operator that sizes its answer by values of the model's input, or None."""
    from onnx import inliner

    graph = inliner.inline_local_functions(model).graph if len(model.functions) else model.graph
    weights = {tensor.name for tensor in graph.initializer}
    values = {one.name for one in graph.input if one.name not in weights}
    return _follow(graph, values)


def _follow(graph: Any, values: set[str]) -> str | None:
    """values: names of tensors whose values come from those of the input; grows. A shape never does, it is refused."""
    for node in graph.node:
        told_by = _SHAPE_FROM.get(node.op_type, ())
        inputs = list(node.input)
        if any(inputs[at] in values for at in told_by if at < len(inputs)):
            return str(node.op_type)
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                found = _follow(inner, values)
                if found:
                    return found
                if any(one.name in values for one in inner.output):
                    values.update(node.output)
        if node.op_type not in _ONLY_SHAPES and any(name in values for name in inputs):
            values.update(name for name in node.output if name)
    return None
