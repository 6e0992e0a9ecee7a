"""Window statistics: what the tree models see of a window, natively and inside their ONNX graphs.

By default ("movement") eight numbers per channel: mean, standard deviation, minimum, maximum, mean and largest size of
the change from sample to sample, root of the mean square, and spread of the second difference. "stats" are the first
four of them, "flatten" is every sample. They are standardised by the training windows and rounded to 1/1024: a tree
asks "is it above 0.3141?", and without the grid two engines that differ in the last bit would now and then turn
differently. Everything before the rounding is computed in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, FloatArray
from mlops.ml.spread import is_spread

STATISTICS = ("mean", "std", "min", "max", "mean_change", "max_change", "rms", "jerk")
AGGREGATIONS = {"movement": STATISTICS, "stats": STATISTICS[:4], "flatten": ("sample",)}
"""What trees may see of a window."""
GRID = 1024.0
LIMIT = 1e5
"""Standardised values are held within this, so that a glitch cannot leave the grid's range."""
LEAST_SPREAD = 1e-6
"""Spread over the training windows below which a statistic is constant."""
OPSET = {"": 17, "ai.onnx.ml": 3}
"""ONNX versions that the tree models are written for."""
_BATCH = 1024


def window_statistics(x: npt.NDArray[Any], names: Sequence[str] = STATISTICS) -> npt.NDArray[np.float64]:
    """Return (n, names · channels) statistics of (n, time, channels) windows, one statistic after another.

    names  one of `AGGREGATIONS`; "sample" gives (n, time · channels), one sample after another
    """
    if tuple(names) == AGGREGATIONS["flatten"]:
        return np.asarray(x, np.float64).reshape(len(x), -1)
    out = np.empty((len(x), len(names) * x.shape[2]))
    for at in range(0, len(x), _BATCH):
        part = np.asarray(x[at : at + _BATCH], np.float64)
        found = [part.mean(1), part.std(1), part.min(1), part.max(1)]
        if len(names) > len(found):
            change = np.abs(part[:, 1:] - part[:, :-1]) if x.shape[1] > 1 else np.zeros((len(part), 1, x.shape[2]))
            bend = part[:, 2:] - 2 * part[:, 1:-1] + part[:, :-2] if x.shape[1] > 2 else np.zeros_like(change)
            found += [
                change.mean(1),
                change.max(1),
                np.sqrt((part * part).mean(1)),
                np.sqrt((bend * bend).mean(1)),
            ]
        out[at : at + _BATCH] = np.hstack(found)
    return out


@dataclass(frozen=True)
class Standardiser:
    """centre and factor (n_features,); a feature that hardly varies has the factor 0 and tells nothing."""

    centre: npt.NDArray[np.float64]
    factor: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, statistics: npt.NDArray[np.float64]) -> Standardiser:
        spread, centre = statistics.std(axis=0), statistics.mean(axis=0)
        known = is_spread(spread, centre, LEAST_SPREAD)
        return cls(centre, np.where(known, 1.0 / np.maximum(spread, LEAST_SPREAD), 0.0))

    def apply(self, statistics: npt.NDArray[np.float64]) -> FloatArray:
        """Return standardised statistics on the grid, exact in float32 within ±16,000."""
        scaled = np.clip((statistics - self.centre) * self.factor, -LIMIT, LIMIT)
        return (np.round(scaled * GRID) / GRID).astype(np.float32)

    def to_json(self) -> dict[str, list[float]]:
        return {"centre": self.centre.tolist(), "factor": self.factor.tolist()}

    @classmethod
    def from_json(cls, value: dict[str, Any], n_features: int) -> Standardiser:
        """Make one of what `to_json` gave. Raises BadValue."""
        centre, factor = np.asarray(value["centre"], np.float64), np.asarray(value["factor"], np.float64)
        if centre.shape != (n_features,) or factor.shape != (n_features,):
            raise BadValue(f"a standardiser of {centre.shape} for {n_features} features")
        return cls(centre, factor)


def onnx_with_statistics(
    trees: Any,
    standardiser: Standardiser,
    columns: npt.NDArray[np.float32],
    shape: Any,
    names: Sequence[str] = STATISTICS,
) -> Any:
    """Return one ONNX model: ``input`` (batch, time, channels) → statistics → `trees` → ``probabilities``.

    trees    a model with one input (batch, features) float32 and an output ``probabilities``
    columns  (classes the trees know, all classes) 0/1: where each of their answers belongs
    names    what `window_statistics` was asked for
    """
    from onnx import TensorProto, compose, helper, numpy_helper

    time, channels = shape
    constants: list[Any] = []
    nodes: list[Any] = []

    def constant(name: str, value: Any, dtype: Any = np.float64) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def mean(of: str, output: str) -> str:
        return node("ReduceMean", [of], output, axes=[1], keepdims=0)

    def cut(begin: int, end: int, output: str) -> str:
        inputs = [constant(f"{output}_{key}", [value], np.int64) for key, value in (("a", begin), ("b", end))]
        return node("Slice", ["x", *inputs, "time_axis"], output)

    def of_change() -> list[str]:
        constant("time_axis", [1], np.int64)
        if time > 1:
            change = node("Abs", [node("Sub", [cut(1, time, "later"), cut(0, time - 1, "earlier")], "step")], "change")
        else:
            change = node("Mul", [x, constant("no_change", 0.0)], "change")
        if time > 2:
            outer = node("Add", [cut(2, time, "next"), cut(0, time - 2, "previous")], "outer")
            twice = node("Mul", [cut(1, time - 1, "middle"), constant("two", 2.0)], "twice")
            bend = node("Sub", [outer, twice], "bend")
        else:
            bend = node("Mul", [x, constant("no_bend", 0.0)], "bend")
        return [
            mean(change, "mean_change"),
            node("ReduceMax", [change], "max_change", axes=[1], keepdims=0),
            node("Sqrt", [mean(node("Mul", [x, x], "x2"), "power")], "rms"),
            node("Sqrt", [mean(node("Mul", [bend, bend], "bend2"), "bend_power")], "jerk"),
        ]

    def of_level() -> list[str]:
        level = node("ReduceMean", [x], "level", axes=[1], keepdims=1)
        off = node("Sub", [x, level], "off")
        return [
            mean(x, "mean"),
            node("Sqrt", [mean(node("Mul", [off, off], "off2"), "variance")], "std"),
            node("ReduceMin", [x], "min", axes=[1], keepdims=0),
            node("ReduceMax", [x], "max", axes=[1], keepdims=0),
        ]

    x = node("Cast", ["input"], "x", to=TensorProto.DOUBLE)
    if tuple(names) == AGGREGATIONS["flatten"]:
        found = node("Reshape", [x, constant("flat", [-1, time * channels], np.int64)], "statistics")
    else:
        parts = of_level() + (of_change() if len(names) > len(AGGREGATIONS["stats"]) else [])
        found = node("Concat", parts, "statistics", axis=1)
    centred = node("Sub", [found, constant("centre", standardiser.centre)], "centred")
    scaled = node("Mul", [centred, constant("factor", standardiser.factor)], "scaled")
    held = node("Clip", [scaled, constant("low", -LIMIT), constant("high", LIMIT)], "held")
    rounded = node("Round", [node("Mul", [held, constant("grid", GRID)], "on_grid")], "rounded")
    node("Cast", [node("Div", [rounded, "grid"], "on_scale")], "features", to=TensorProto.FLOAT)
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSET.items()]
    del trees.opset_import[:]  # a converter writes the least that its own few nodes need
    trees.opset_import.extend(opsets)
    front = helper.make_model(
        helper.make_graph(
            nodes,
            "statistics",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", time, channels])],
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", len(standardiser.centre)])],
            constants,
        ),
        opset_imports=opsets,
        ir_version=trees.ir_version,
    )
    trees = compose.add_prefix(trees, "trees_")
    known = helper.make_tensor_value_info("trees_probabilities", TensorProto.FLOAT, ["batch", len(columns)])
    joined = compose.merge_models(
        front, trees, io_map=[("features", trees.graph.input[0].name)], outputs=["trees_probabilities"]
    )
    graph = joined.graph
    graph.initializer.append(numpy_helper.from_array(columns, "columns"))
    graph.node.append(helper.make_node("MatMul", ["trees_probabilities", "columns"], ["probabilities"]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", columns.shape[1]]))
    graph.value_info.append(known)
    return joined
