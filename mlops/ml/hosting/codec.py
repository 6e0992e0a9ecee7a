"""How questions and answers travel: one JSON header and raw parts for arrays, bytes and long texts. No pickle.

    b"FBM1" | uint32 length of the header | header, JSON padded with spaces | parts

A part is `uint64 length | eight zero bytes | bytes`, padded with zeros to a multiple of 16, so that every array lies
aligned in the body and is read without a copy. All numbers are little-endian. In the header stand plain JSON values and

    {"$array": part, "dtype": "<f4", "shape": [2, 3]}   {"$bytes": part}   {"$text": part}   {"$float": "nan"}
    {"$dict": [[key, value], …]}   a dictionary with a key that begins with "$"

Each part is named exactly once. Whatever does not follow this is a `BadRequest`, never another error.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlops.ml.hosting.errors import BadRequest

CONTENT_TYPE = "application/x-fitbalance-models"
DEADLINE_HEADER = "x-deadline-s"
MAX_DEADLINE_S = 600.0
MAGIC = b"FBM1"
ALIGN = 16
MAX_HEADER_BYTES = 4 * 1024 * 1024
MAX_PARTS = 4096
MAX_DEPTH = 32
MAX_AXES = 8
LONG_TEXT = 1024
"""Characters from which a text travels as a part of its own."""
DTYPES = frozenset({"|b1", "|i1", "|u1"} | {f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)})
FLOATS = frozenset({"<f2", "<f4", "<f8"})
_FLOATS_BY_NAME = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: Any) -> bytes:
    """A tree of JSON values, bytes, numpy numbers and numpy arrays as a body. Raises BadRequest for anything else."""
    parts: list[bytes | memoryview] = []
    try:
        header = json.dumps(_pack(value, parts, 0), allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"this cannot be carried: {error}", code="not_carried") from error
    header += b" " * (-(len(MAGIC) + 4 + len(header)) % ALIGN)
    if len(header) > MAX_HEADER_BYTES or len(parts) > MAX_PARTS:
        raise BadRequest("too many values or texts for one call", code="too_large")
    pieces: list[bytes | memoryview] = [MAGIC, struct.pack("<I", len(header)), header]
    for part in parts:
        size = part.nbytes if isinstance(part, memoryview) else len(part)
        pieces += [struct.pack("<QQ", size, 0), part, bytes(-size % ALIGN)]
    return b"".join(pieces)


def decode(body: bytes | bytearray) -> Any:
    """The tree that a body holds; arrays are views of the body. Raises BadRequest."""
    try:
        return _decode(memoryview(body))
    except BadRequest:
        raise
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, MemoryError, struct.error) as error:
        raise BadRequest(f"the body cannot be read: {type(error).__name__}") from error


def _pack(value: Any, parts: list[bytes | memoryview], depth: int) -> Any:
    """JSON of a value; what is raw goes to `parts`."""
    if depth > MAX_DEPTH:
        raise ValueError("values nested too deep")
    if isinstance(value, np.ndarray):
        return _pack_array(value, parts)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, str):
        return value if len(value) < LONG_TEXT else {"$text": _add(value.encode(), parts)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": _add(bytes(value), parts)}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("keys must be text")
        packed = {key: _pack(one, parts, depth + 1) for key, one in value.items()}
        return {"$dict": list(packed.items())} if any(key.startswith("$") for key in packed) else packed
    if isinstance(value, Sequence):
        return [_pack(one, parts, depth + 1) for one in value]
    raise ValueError(f"values of type {type(value).__name__}")


def _pack_array(array: np.ndarray[Any, Any], parts: list[bytes | memoryview]) -> dict[str, Any]:
    dtype = array.dtype.newbyteorder("<").str
    if dtype not in DTYPES | FLOATS or array.ndim > MAX_AXES:
        raise ValueError(f"arrays of {array.ndim} axes and type {array.dtype}")
    flat = np.ascontiguousarray(array, dtype=dtype).reshape(-1)
    return {"$array": _add(flat.view(np.uint8).data, parts), "dtype": dtype, "shape": list(array.shape)}


def _add(part: bytes | memoryview, parts: list[bytes | memoryview]) -> int:
    parts.append(part)
    return len(parts) - 1


def _decode(body: memoryview) -> Any:
    start = len(MAGIC) + 4
    if len(body) < start or body[: len(MAGIC)] != MAGIC:
        raise BadRequest("this is no body for the models server")
    (n_header,) = struct.unpack("<I", body[len(MAGIC) : start])
    if n_header > MAX_HEADER_BYTES or start + n_header > len(body) or (start + n_header) % ALIGN:
        raise BadRequest("the header has an impossible length")
    header = json.loads(bytes(body[start : start + n_header]), parse_constant=_no_constant)
    parts = _cut(body, start + n_header)
    used: set[int] = set()
    value = _unpack(header, parts, used, 0)
    if len(used) != len(parts):
        raise BadRequest("a part that nothing names")
    return value


def _cut(body: memoryview, at: int) -> list[memoryview]:
    parts: list[memoryview] = []
    while at < len(body):
        if at + ALIGN > len(body) or len(parts) >= MAX_PARTS:
            raise BadRequest("a part without its length, or too many parts")
        size, zero = struct.unpack("<QQ", body[at : at + ALIGN])
        end = at + ALIGN + size
        if zero or end + (-size % ALIGN) > len(body):
            raise BadRequest("a part is longer than the body")
        parts.append(body[at + ALIGN : end])
        at = end + (-size % ALIGN)
    return parts


def _unpack(value: Any, parts: list[memoryview], used: set[int], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise BadRequest("values nested too deep")
    if isinstance(value, list):
        return [_unpack(one, parts, used, depth + 1) for one in value]
    if not isinstance(value, dict):
        return value
    special = next((key for key in value if key.startswith("$")), None)
    if special is None:
        return {key: _unpack(one, parts, used, depth + 1) for key, one in value.items()}
    if special == "$dict" and len(value) == 1:
        return {_key(key): _unpack(one, parts, used, depth + 1) for key, one in value["$dict"]}
    if special == "$float" and len(value) == 1:
        return _FLOATS_BY_NAME[value["$float"]]
    if special == "$bytes" and len(value) == 1:
        return bytes(_part(value["$bytes"], parts, used))
    if special == "$text" and len(value) == 1:
        return bytes(_part(value["$text"], parts, used)).decode()
    if special == "$array" and set(value) == {"$array", "dtype", "shape"}:
        return _array(_part(value["$array"], parts, used), value["dtype"], value["shape"])
    raise BadRequest("an unknown kind of value")


def _part(index: Any, parts: list[memoryview], used: set[int]) -> memoryview:
    if type(index) is not int or not 0 <= index < len(parts) or index in used:
        raise BadRequest("a part that is not there, or is named twice")
    used.add(index)
    return parts[index]


def _array(part: memoryview, dtype: Any, shape: Any) -> np.ndarray[Any, Any]:
    if dtype not in DTYPES | FLOATS or not isinstance(shape, list) or len(shape) > MAX_AXES:
        raise BadRequest("an array of an unknown kind")
    if not all(type(n) is int and 0 <= n < 2**40 for n in shape):
        raise BadRequest("an array of an impossible shape")
    if math.prod(shape) * np.dtype(dtype).itemsize != len(part):
        raise BadRequest("an array of another size than its part")
    if dtype == "|b1" and np.frombuffer(part, np.uint8).max(initial=0) > 1:
        raise BadRequest("truth values other than 0 and 1")
    return np.frombuffer(part, dtype).reshape(shape)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise BadRequest("keys must be text")
    return key


def _no_constant(name: str) -> float:
    raise BadRequest(f"{name} is not JSON")
