"""Bodies: everything comes back as it went, and nothing that a stranger sends does more than a typed refusal."""

import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from mlops.ml.hosting import codec
from mlops.ml.hosting.errors import BadRequest

DTYPES = sorted(codec.DTYPES | codec.FLOATS)
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: st_numpy.arrays(dtype, st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=40) | arrays,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def same(a, b):
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return (a == b and type(a) is type(b)) or (isinstance(a, float) and math.isnan(a) and math.isnan(b))


@given(values)
def test_everything_comes_back(value):
    assert same(value, codec.decode(codec.encode(value)))


def test_long_texts_numpy_numbers_tuples_and_special_keys():
    value = {"$array": ["ɛ" * 2000, np.float32(0.5), (1, 2)], "images": [b"\x00" * 5000, b""]}
    assert codec.decode(codec.encode(value)) == {"$array": ["ɛ" * 2000, 0.5, [1, 2]], "images": [b"\x00" * 5000, b""]}
    turned = np.arange(6, dtype=">i4").reshape(2, 3).T
    assert np.array_equal(codec.decode(codec.encode(turned)), turned)


def test_arrays_are_aligned_and_may_be_written_where_the_body_may():
    for n_before in range(20):
        body = bytearray(codec.encode(["x" * n_before, b"y" * n_before, np.arange(5.0)]))
        array = codec.decode(body)[2]
        assert array.flags.aligned
        array[0] = 7.0


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, {"x": {1, 2}}, np.array(["a"]), np.array([object()]), np.zeros(2, complex), np.zeros((1,) * 9)],
)
def test_what_cannot_be_carried_is_refused_before_it_is_sent(value):
    with pytest.raises(BadRequest):
        codec.encode(value)
    nested = []
    for _ in range(100):
        nested = [nested]
    with pytest.raises(BadRequest):
        codec.encode(nested)


def body_of(header, *parts, pad=True):
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    head += b" " * (-(8 + len(head)) % 16)
    pieces = [codec.MAGIC, struct.pack("<I", len(head)), head]
    for part in parts:
        pieces += [struct.pack("<QQ", len(part), 0), part, bytes(-len(part) % 16)]
    return b"".join(pieces)


def test_the_hand_made_body_of_this_test_is_a_good_one():
    found = codec.decode(body_of({"a": {"$array": 0, "dtype": "<f4", "shape": [2]}}, b"\x00" * 8))
    assert np.array_equal(found["a"], np.zeros(2, np.float32))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"FBM1",
        b"FBM2" + bytes(12),
        b"FBM1\xff\xff\xff\xff" + bytes(8),
        body_of(b"{"),
        body_of(b"NaN"),
        body_of(b"\xff\xfe\x00"),
        body_of(b"[" * 100_000),
        body_of(b"1" * 10_000),
        body_of([[]] * 3, b"unnamed"),
        body_of([{"$bytes": 0}, {"$bytes": 0}], b"twice"),
        body_of({"$bytes": 1}, b"x"),
        body_of({"$bytes": True}, b"x", b"y"),
        body_of({"$bytes": -1}, b"x"),
        body_of({"$text": 0}, b"\xff"),
        body_of({"$other": 0}),
        body_of({"$bytes": 0, "more": 1}, b"x"),
        body_of({"$float": "big"}),
        body_of({"$float": [1]}),
        body_of({"$dict": 5}),
        body_of({"$dict": [[1, 2]]}),
        body_of({"$dict": [["a"]]}),
        body_of({"$array": 0, "dtype": "|O", "shape": [1]}, bytes(8)),
        body_of({"$array": 0, "dtype": ["<f4"], "shape": [2]}, bytes(8)),
        body_of({"$array": 0, "dtype": "<f4", "shape": [3]}, bytes(8)),
        body_of({"$array": 0, "dtype": "<f4", "shape": [-1, -2]}, bytes(8)),
        body_of({"$array": 0, "dtype": "<f4", "shape": [2.0]}, bytes(8)),
        body_of({"$array": 0, "dtype": "<f4", "shape": "2"}, bytes(8)),
        body_of({"$array": 0, "dtype": "<f4", "shape": [0, 2**39, 2**39]}, b""),
        body_of({"$array": 0, "dtype": "|b1", "shape": [1]}, b"\x02"),
        body_of([]) + bytes(3),
        body_of([]) + struct.pack("<QQ", 2**63, 0),
        body_of([]) + struct.pack("<QQ", 0, 1),
    ],
)
def test_a_hostile_body_is_refused(body):
    with pytest.raises(BadRequest):
        codec.decode(body)


def test_too_many_parts_and_too_long_a_header():
    with pytest.raises(BadRequest):
        codec.decode(body_of([], *[b""] * (codec.MAX_PARTS + 1)))
    with pytest.raises(BadRequest):
        codec.decode(body_of(b" " * (codec.MAX_HEADER_BYTES + 16)))
    with pytest.raises(BadRequest):
        codec.encode([b""] * (codec.MAX_PARTS + 1))


@settings(max_examples=300)
@given(values, st.data())
def test_a_changed_body_is_read_or_refused_and_nothing_else(value, data):
    body = bytearray(codec.encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    body = body[: data.draw(st.integers(0, len(body)))] + data.draw(st.binary(max_size=3))
    try:
        codec.decode(body)
    except BadRequest:
        pass


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_behind_the_magic_word(found):
    try:
        codec.decode(codec.MAGIC + found)
    except BadRequest:
        pass
