"""The same ONNX model, laid out so that ONNX Runtime is quicker with it: made when a model is loaded, never stored.

Random kernels spend nearly all their time on features of one form: the mean over time of `clip(a / scale + shift −
bias, 0, 1)`, a channel of a convolution against a bias of its own, many biases for each channel. Exported step by step
that is three passes over memory for every bias, and the broadcast subtraction is the slowest. Here the scale goes into
the convolution's weights, subtraction and clipping become one block-wise (NCHWc) depthwise convolution that the runtime
fuses, and the mean its pooling: two passes, both vectorised. Channels are padded to whole blocks with channels that
count nothing.

What comes out is compared with the stored model on noise, and used only where it answers alike and is in fact quicker
on this machine (processors without such kernels keep the stored graph).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 16
"""Channels of the runtime's widest block (AVX-512); a multiple of the others."""
PIECE = 8
"""Windows of one run: more do not fit into the processor's second cache, and take longer each."""
SAME = 1e-5
"""Probabilities may differ by this much at most …"""
QUICKER = 0.95
"""… and it must take less than this share of the time."""
_MARKS = (b"ReduceMean", b"Clip", b"Conv")
_NOWHERE = -1e4
"""A bias so low that a padded channel is nought everywhere."""

Array = npt.NDArray[Any]


class PiecewiseSession:
    """A session that runs large batches in pieces; the rest as `onnxruntime.InferenceSession`."""

    def __init__(self, session: Any, piece: int = PIECE) -> None:
        self._session, self._piece = session, piece

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def get_outputs(self) -> Any:
        return self._session.get_outputs()

    def run(self, names: list[str], feeds: dict[str, Array]) -> list[Array]:
        """As the session's own `run`, for feeds whose first axis is the batch."""
        n = len(next(iter(feeds.values())))
        if n <= self._piece:
            return list(self._session.run(names, feeds))
        parts = [
            self._session.run(names, {name: x[at : at + self._piece] for name, x in feeds.items()})
            for at in range(0, n, self._piece)
        ]
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


def quicker(path: Path, session: Any, options: Any) -> Any:
    """`session` (of the model at `path`), or one that answers the same in less time."""
    stored = path.read_bytes()
    if not all(mark in stored for mark in _MARKS):
        return session
    rewritten = rewrite(stored)
    if rewritten is None:
        return session
    import onnxruntime

    other = PiecewiseSession(onnxruntime.InferenceSession(rewritten, options, providers=["CPUExecutionProvider"]))
    (given,) = session.get_inputs()
    x = np.random.default_rng(0).normal(size=(2 * PIECE, *given.shape[1:])).astype(np.float32)
    names = [output.name for output in session.get_outputs()]
    feeds = {given.name: x}
    pairs = zip(session.run(names, feeds), other.run(names, feeds), strict=True)
    if not all(np.allclose(one, two, rtol=0.0, atol=SAME) for one, two in pairs):
        return session
    return other if _seconds(other, names, feeds) < QUICKER * _seconds(session, names, feeds) else session


def _seconds(session: Any, names: list[str], feeds: dict[str, Array]) -> float:
    times = []
    for _ in range(7):
        began = time.perf_counter()
        session.run(names, feeds)
        times.append(time.perf_counter() - began)
    return min(times)


def rewrite(stored: bytes) -> bytes | None:
    """The model with its clipped means as block-wise convolutions; None where it is not of the form described above."""
    import onnx

    model = onnx.load_model_from_string(stored)
    try:
        _Rewriter(model.graph).run()
        onnx.checker.check_model(model)
    except (_OtherForm, onnx.checker.ValidationError):
        return None
    return bytes(model.SerializeToString())


class _OtherForm(Exception):
    """The graph is not made of what this module knows."""


class _Rewriter:
    """Changes a graph in place: the leading clipped means of one Concat that a Gemm reads. Raises _OtherForm."""

    def __init__(self, graph: Any) -> None:
        from onnx import numpy_helper

        self.graph = graph
        self.constants: dict[str, Array] = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self.made_by = {name: node for node in graph.node for name in node.output}
        self.new: list[Any] = []
        self._convolved: dict[str, str] = {}

    def run(self) -> None:
        concat, gemm = self._head()
        means = []
        for name in concat.input:
            try:
                means.append(self._mean(name))
            except _OtherForm:
                break
        if not means:
            raise _OtherForm
        pooled = [self._pooled(n, *mean) for n, mean in enumerate(means)]
        self._node("Concat", pooled, "quick_pooled", axis=1)
        self._node("Flatten", ["quick_pooled"], "quick_means", axis=1)
        rest = list(concat.input)[len(means) :]
        self._node("Concat", ["quick_means", *rest], concat.output[0], axis=1)
        self._widen(gemm, [len(beta) for _, _, beta in means])
        nodes = list(self.graph.node)
        at = nodes.index(concat)
        self._keep([*nodes[:at], *self.new, *nodes[at + 1 :]])

    def _head(self) -> tuple[Any, Any]:
        """The Concat of features and the Gemm with transposed weights that reads it."""
        for gemm in self.graph.node:
            if gemm.op_type == "Gemm" and _attributes(gemm).get("transB") == 1:
                concat = self._maker(gemm.input[0], "Concat")
                if _attributes(concat).get("axis") == 1 and self._n_readers(concat.output[0]) == 1:
                    return concat, gemm
        raise _OtherForm

    def _mean(self, name: str) -> tuple[Any, float, Array]:
        """(convolution, scale, what is added to each channel) of one clipped mean."""
        mean = self._maker(name, "ReduceMean")
        if self._constant(mean.input[1]).tolist() != [2] or _attributes(mean).get("keepdims", 1) != 0:
            raise _OtherForm
        clip = self._maker(mean.input[0], "Clip")
        if (float(self._constant(clip.input[1])), float(self._constant(clip.input[2]))) != (0.0, 1.0):
            raise _OtherForm
        minus = self._maker(clip.input[0], "Sub")
        plus = self._maker(minus.input[0], "Add")
        over = self._maker(plus.input[0], "Div")
        bias, shift, scale = (self._constant(node.input[1]) for node in (minus, plus, over))
        conv = self._maker(over.input[0], "Conv")
        if bias.ndim != 2 or bias.shape[1] != 1 or shift.ndim or scale.ndim or len(conv.input) != 2:
            raise _OtherForm
        return conv, float(scale), (shift - bias[:, 0]).astype(np.float32)

    def _pooled(self, number: int, conv: Any, scale: float, added: Array) -> str:
        """Nodes for one clipped mean, (batch, padded channels, 1, 1)."""
        signal = self._convolution(conv, scale)
        n = _padded(len(added))
        beta = np.full(n, _NOWHERE, np.float32)
        beta[: len(added)] = added
        ones = self._store(f"quick_ones_{n}", np.ones((n, 1, 1, 1), np.float32))
        shifted, clipped, pooled = (f"quick_{what}_{number}" for what in ("shifted", "clipped", "mean"))
        inputs = [signal, ones, self._store(f"quick_beta_{number}", beta)]
        self._node("Conv", inputs, shifted, group=n, kernel_shape=[1, 1])
        bounds = [self._store(f"quick_{value}", np.array(value, np.float32)) for value in (0, 1)]
        self._node("Clip", [shifted, *bounds], clipped)
        self._node("GlobalAveragePool", [clipped], pooled)
        return pooled

    def _convolution(self, conv: Any, scale: float) -> str:
        """The convolution in two dimensions (the first of length 1), scaled and padded; made once."""
        name = f"quick_{conv.output[0]}"
        if name in self._convolved:
            return name
        given, flat = _attributes(conv), f"quick_{conv.input[0]}"
        if given.get("group", 1) != 1 or given.get("strides", [1]) != [1]:
            raise _OtherForm
        begin, end = given.get("pads", [0, 0])
        weights = self._constant(conv.input[1])
        wide = np.zeros((_padded(len(weights)), weights.shape[1], 1, weights.shape[2]), np.float32)
        wide[: len(weights), :, 0] = weights / scale
        if flat not in self._convolved:
            self._convolved[flat] = flat
            self._node("Unsqueeze", [conv.input[0], self._store("quick_axis", np.array([2]))], flat)
        self._convolved[name] = name
        self._node(
            "Conv",
            [flat, self._store(f"{name}_weights", wide)],
            name,
            kernel_shape=[1, weights.shape[2]],
            dilations=[1, *given.get("dilations", [1])],
            pads=[0, begin, 0, end],
        )
        return name

    def _widen(self, gemm: Any, sizes: list[int]) -> None:
        """Columns of nought for the padded channels."""
        weights = self._constant(gemm.input[1])
        if weights.shape[1] < sum(sizes):
            raise _OtherForm
        columns, at = [], 0
        for size in sizes:
            part = np.zeros((len(weights), _padded(size)), np.float32)
            part[:, :size] = weights[:, at : at + size]
            columns.append(part)
            at += size
        gemm.input[1] = self._store("quick_head", np.concatenate([*columns, weights[:, at:]], axis=1))

    def _keep(self, nodes: list[Any]) -> None:
        """Of these nodes, in their order, and of the constants what the outputs need."""
        needed = {output.name for output in self.graph.output}
        kept: list[Any] = []
        for node in reversed(nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                kept.insert(0, node)
        kept = [type(node).FromString(node.SerializeToString()) for node in kept]
        constants = [one for one in self.graph.initializer if one.name in needed]
        constants = [type(one).FromString(one.SerializeToString()) for one in constants]
        del self.graph.node[:], self.graph.initializer[:], self.graph.value_info[:]
        self.graph.node.extend(kept)
        self.graph.initializer.extend(constants)

    def _maker(self, name: str, op_type: str) -> Any:
        node = self.made_by.get(name)
        if node is None or node.op_type != op_type:
            raise _OtherForm
        return node

    def _n_readers(self, name: str) -> int:
        return sum(list(node.input).count(name) for node in self.graph.node)

    def _constant(self, name: str) -> Array:
        """A stored constant, or a row of one."""
        if name in self.constants:
            return self.constants[name]
        gather = self._maker(name, "Gather")
        if _attributes(gather).get("axis", 0) != 0:
            raise _OtherForm
        return np.asarray(np.take(self._constant(gather.input[0]), self._constant(gather.input[1]), axis=0))

    def _store(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = value
            self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, op_type: str, inputs: list[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self.new.append(helper.make_node(op_type, inputs, [output], **attributes))


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


def _padded(n: int) -> int:
    return -(-n // BLOCK) * BLOCK
