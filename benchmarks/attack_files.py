"""Files made to cost more than they weigh, and to lie about themselves: for `benchmarks.attacks` and for tests."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

MIB = 2**20


def parquet_bomb(path: Path, *, unpacked_mib: int = 2000, stated_rows: int = 1000) -> Path:
    """One column whose only page unpacks to `unpacked_mib` of zeros; the footer tells of `stated_rows` small numbers.

    Written by hand in the compact Thrift protocol, as https://parquet.apache.org/docs/file-format/ lays it out.
    """
    import pyarrow as pa

    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as out:
        for _ in range(unpacked_mib):
            out.write(bytes(MIB))
    body = packed.getvalue().to_pybytes()
    n_values = unpacked_mib * MIB // 8
    header = struct_of((1, 0), (2, unpacked_mib * MIB), (3, len(body)), (5, [(1, n_values), (2, 0), (3, 3), (4, 3)]))
    stated = 8 * stated_rows
    sizes = [(5, Long(stated_rows)), (6, Long(stated)), (7, Long(len(header) + len(body))), (9, Long(4))]
    chunk = [(2, Long(4)), (3, [(1, 2), (2, [0]), (3, [b"acc_x"]), (4, 6), *sizes])]
    group = [(1, [chunk]), (2, Long(stated)), (3, Long(stated_rows))]
    schema = [[(4, b"schema"), (5, 1)], [(1, 2), (3, 0), (4, b"acc_x")]]
    footer = struct_of((1, 1), (2, schema), (3, Long(stated_rows)), (4, [group]))
    path.write_bytes(b"PAR1" + header + body + footer + struct.pack("<I", len(footer)) + b"PAR1")
    return path


class Long(int):
    """A 64-bit number of a Thrift structure; plain ones have 32."""


def struct_of(*fields: tuple[int, Any]) -> bytes:
    """A structure in the compact protocol: numbers, bytes, lists of them, and structures as lists of (id, value)."""
    out, last = b"", 0
    for number, value in fields:
        kind, data = _value(value)
        out += bytes([(number - last) << 4 | kind]) + data
        last = number
    return out + b"\0"


def _value(value: Any) -> tuple[int, bytes]:
    if isinstance(value, int):
        return (6 if isinstance(value, Long) else 5), _varint(value << 1)
    if isinstance(value, bytes):
        return 8, _varint(len(value)) + value
    if value and isinstance(value[0], tuple):
        return 12, struct_of(*value)
    kinds, items = zip(*map(_value, value), strict=True)
    return 9, bytes([len(value) << 4 | kinds[0]]) + b"".join(items)


def _varint(n: int) -> bytes:
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*out, n])


def nested_xml(path: Path, levels: int = 8_000_000) -> Path:
    """An Apple Health export whose elements never end."""
    with path.open("wb") as file:
        file.write(b"<HealthData>")
        for _ in range(levels // 1000):
            file.write(b"<a>" * 1000)
    return path


def many_names_xml(path: Path, n: int = 3_000_000) -> Path:
    """An export in which every element has a name of its own: parsers remember them all."""
    with path.open("wb") as file:
        file.write(b"<HealthData>")
        for first in range(0, n, 1000):
            file.write(b"".join(b"<a%d/>" % i for i in range(first, first + 1000)))
        file.write(b"</HealthData>")
    return path


def lying_zip(path: Path, n: int = 1_000_000) -> Path:
    """A table of contents of `n` entries; the end record tells of none, the one for large archives of all."""
    entry = b"PK\x01\x02" + struct.pack("<6H3L5H2L", 20, 20, 0, 0, 0, 33, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0)
    with path.open("wb") as file:
        file.write(b"PK\x03\x04" + bytes(26))
        start = file.tell()
        for first in range(0, n, 1000):
            file.write(b"".join(entry + b"%07d" % i for i in range(first, first + 1000)))
        length = file.tell() - start
        at = file.tell()
        file.write(b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, n, n, length, start))
        file.write(b"PK\x06\x07" + struct.pack("<LQL", 0, at, 1))
        file.write(b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, 100, 0, 0))
    return path


def sized_by_its_input(*, length: int = 6, n_channels: int = 2, n_classes: int = 3) -> bytes:
    """An ONNX classifier that makes as many millions of zeros as the largest value of its input says."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", length, n_channels])
    made = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", n_classes])
    weights = np.random.default_rng(0).normal(size=(length * n_channels, n_classes)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMax", ["input"], ["largest"], keepdims=0),
        helper.make_node("Mul", ["largest", "million"], ["many"]),
        helper.make_node("Abs", ["many"], ["positive"]),
        helper.make_node("Cast", ["positive"], ["number"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["number", "one"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Flatten", ["input"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
        helper.make_node("Add", ["scores", "zero"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    kept = [
        numpy_helper.from_array(np.array(1e6, np.float32), "million"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
        numpy_helper.from_array(weights, "weights"),
    ]
    graph = helper.make_graph(nodes, "sized", [given], [made], kept)
    opsets = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())


def wide_labels(n: int = 4000) -> bytes:
    """A label file of `n` columns and as many lines."""
    return b"start_s,end_s,label," + b",".join(b"c%d" % i for i in range(n)) + b"\n" + b"1,2,a\n" * n


def twice_at_the_end(n_bytes: int = 125_000) -> bytes:
    """JSON of many keys, of which the last comes twice."""
    n = n_bytes // 12
    return ("{" + ",".join(f'"{i:07}":1' for i in [*range(n), n - 1]) + "}").encode()


def other_name_zip(name: str) -> bytes:
    """A ZIP of a.csv whose entry has another name in the extra field for Unicode paths (APPNOTE 4.6.9)."""
    info = zipfile.ZipInfo("a.csv")
    other = name.encode()
    body = struct.pack("<BL", 1, zlib.crc32(b"a.csv")) + other
    info.extra = struct.pack("<HH", 0x7075, len(body)) + body
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "t,x\n0,1\n")
    return out.getvalue()
