"""Pickles of plain arrays are read without unpickling them; whatever else one asks for is refused by its name."""

from __future__ import annotations

import collections
import pickle
import subprocess

import numpy as np
import pytest

from mlops.ml.contract import MLError, UnreadableInput, UnsafeFormat
from mlops.ml.parts.data.plain_pickle import read_plain


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([1.5, -2], ">f4"),
        np.array([True, False]),
        np.array(3.0),
        np.zeros((0, 6), np.float32),
    ],
)
def test_arrays_come_out_as_they_went_in(array: np.ndarray, protocol: int) -> None:  # type: ignore[type-arg]
    found = read_plain(pickle.dumps({"a": [array, array]}, protocol=protocol))
    for one in found["a"]:
        assert np.array_equal(one, array)
        assert one.shape == array.shape
        assert one.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_values_come_out_as_they_went_in(protocol: int) -> None:
    value = {"a": [1, -1, 2**40, 1.5, "ɛ", b"x", None, True, False, (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}]}
    if protocol < 3:
        value["a"].remove(b"x")
    assert read_plain(pickle.dumps(value, protocol=protocol)) == value


def test_arrays_of_objects_become_lists() -> None:
    held = np.array([np.zeros(2), "x", None], dtype=object)
    array, text, nothing = read_plain(pickle.dumps(held, protocol=2))
    assert np.array_equal(array, np.zeros(2))
    assert (text, nothing) == ("x", None)


class Calls:
    def __init__(self, what: object, *arguments: object) -> None:
        self.reduced = (what, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.reduced


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Calls(eval, "1"), "builtins.eval"),
        (Calls(subprocess.Popen, ["true"]), "subprocess.Popen"),
        (Calls(getattr, "x", "y"), "builtins.getattr"),
        (Calls(np.load, "x"), r"numpy\.load"),
        (collections.OrderedDict(a=1), "collections.OrderedDict"),
        (print, "builtins.print"),
        ({1, 2}, "EMPTY_SET"),
    ],
)
def test_anything_else_is_refused_by_its_name(value: object, name: str) -> None:
    with pytest.raises(UnsafeFormat, match=name):
        read_plain(pickle.dumps(value, protocol=4))


@pytest.mark.parametrize(
    "data",
    [
        b"cposix\nsystem\n(S'true'\ntR.",
        b"\x80\x02cbuiltins\nexec\n.",
        b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00zlib\x86R.",
        b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00V8\x85R.",
        b"\x80\x02cnumpy\nndarray\n.",
        b"\x80\x02]}b.",
        b"\x80\x02Ppersistent\n.",
    ],
)
def test_pickles_made_by_hand_are_refused(data: bytes) -> None:
    with pytest.raises((UnsafeFormat, UnreadableInput)):
        read_plain(data)


def test_damage_is_an_error_of_ours_wherever_it_is() -> None:
    """Each byte of a small pickle changed, cut and doubled: an answer, or an MLError."""
    data = pickle.dumps({"x": [np.arange(4.0)], "y": ["a", 1]}, protocol=2)
    rng = np.random.default_rng(0)
    for at in range(len(data)):
        changed = data[:at] + bytes([rng.integers(256)]) + data[at + 1 :]
        for damaged in (data[:at], changed, data[:at] + data[at // 2 :]):
            try:
                read_plain(damaged)
            except MLError:
                continue


def test_what_would_never_end_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(UnreadableInput, match="deep"):
        read_plain(pickle.dumps(endless, protocol=2))
    with pytest.raises(UnreadableInput, match="more than"):
        read_plain(b"\x80\x02](" + b"N" * 1_100_000 + b"e.")
    laughs: list[object] = [None]
    for _ in range(15):
        laughs = [laughs] * 10
    with pytest.raises(UnreadableInput, match="too often"):
        read_plain(pickle.dumps(laughs, protocol=2))
