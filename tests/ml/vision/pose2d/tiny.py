"""Networks of the published forms, made of a few nodes: what they answer follows from the picture."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def saved(path: Path, nodes, given, outputs, constants=(), meta=None) -> Path:
    """An ONNX file: given (name, shape), outputs [(name, shape)], constants {name: array}."""
    x = helper.make_tensor_value_info(given[0], TensorProto.FLOAT, given[1])
    y = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs]
    tensors = [numpy_helper.from_array(value, name) for name, value in dict(constants).items()]
    graph = helper.make_graph(nodes, "tiny", [x], y, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    for key, value in (meta or {}).items():
        model.metadata_props.append(onnx.StringStringEntryProto(key=key, value=value))
    onnx.save(model, str(path))
    return path


def yolo_pose(path: Path, people: list[tuple[list[float], float]], n_boxes: int = 64) -> Path:
    """YOLO-pose that finds these people: a box (middle x, middle y, width, height in 0 … 640) and a confidence each.

    Point k of a person lies at the middle + (k, 2 k); its score is 0.5.
    """
    answer = np.zeros((1, 56, n_boxes), np.float32)
    for number, (box, sure) in enumerate(people):
        answer[0, :4, number], answer[0, 4, number] = box, sure
        for k in range(17):
            answer[0, 5 + 3 * k : 8 + 3 * k, number] = (box[0] + k, box[1] + 2 * k, 0.5)
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["zero", "answer"], ["output0"]),
    ]
    constants = {"nothing": np.zeros(1, np.float32), "answer": answer}
    return saved(path, nodes, ("images", [1, 3, 640, 640]), [("output0", [1, 56, n_boxes])], constants)


def rtmpose(
    path: Path, *, height: int = 64, width: int = 48, n_points: int = 133, given: str = "input",
    names: tuple[str, str] = ("simcc_x", "simcc_y"), weight: float = 1.0,
) -> Path:  # fmt: skip
    """RTMPose that finds every point where the picture is brightest; two bins a pixel, as the published ones have."""
    nodes = [
        helper.make_node("ReduceMean", [given], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["grey", "weight"], ["scaled"]),
        helper.make_node("ReduceMax", ["scaled"], ["columns"], axes=[2], keepdims=0),
        helper.make_node("ReduceMax", ["scaled"], ["rows"], axes=[3], keepdims=0),
        helper.make_node("Resize", ["columns", "", "twice"], ["wide"], mode="nearest"),
        helper.make_node("Resize", ["rows", "", "twice"], ["high"], mode="nearest"),
        helper.make_node("Tile", ["wide", "times"], [names[0]]),
        helper.make_node("Tile", ["high", "times"], [names[1]]),
    ]
    constants = {
        "weight": np.array([weight], np.float32), "twice": np.array([1, 1, 2], np.float32),
        "times": np.array([1, n_points, 1], np.int64),
    }  # fmt: skip
    outputs = [(names[0], ["b", n_points, 2 * width]), (names[1], ["b", n_points, 2 * height])]
    return saved(path, nodes, (given, ["b", 3, height, width]), outputs, constants)
