"""Reads pickles that hold nothing but numbers, texts, lists, dictionaries and NumPy arrays, and calls nothing in them.

A pickle is a little program. This runs it on a machine of its own, whose only objects are plain values: a name that
the program asks for is never imported, only compared with those that an array needs; an array is cut from its bytes
here. Whatever else a program wants to do is UnsafeFormat, with the name. The instructions are read by Python's
`pickletools`, which runs none of them either.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlops.ml.contract import UnreadableInput, UnsafeFormat

MAX_INSTRUCTIONS = 1_000_000
MAX_DEPTH = 20
_MAKE_ARRAY = frozenset({"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"})
_BYTES = frozenset({"__builtin__ bytes", "builtins bytes"})
_KNOWN = _MAKE_ARRAY | _BYTES | {"numpy ndarray", "numpy dtype", "_codecs encode"}
_DTYPES = frozenset(f"{kind}{size}" for kind in "iuf" for size in (1, 2, 4, 8)) | {"b1", "O8"}
_MARK = object()


@dataclass(frozen=True)
class _Name:
    """What a program asks to import; never imported."""

    text: str


class _Kind:
    """A data type in the making."""

    def __init__(self, text: str) -> None:
        if text not in _DTYPES:
            raise UnsafeFormat(f"it holds an array of the type {text[:20]!r}")
        self.text, self.order = text, "<"


class _Array:
    """An array in the making: its state comes after it was named elsewhere."""

    value: Any = None


def read_plain(data: bytes) -> Any:
    """The value of a pickle; arrays of objects become lists.

    Raises UnsafeFormat for one that would import or call anything else, UnreadableInput for a damaged one.
    """
    machine = _Machine()
    try:
        for count, (instruction, argument, _) in enumerate(pickletools.genops(data)):
            if count > MAX_INSTRUCTIONS:
                raise UnreadableInput("it holds more than a data set may")
            if instruction.name == "STOP":
                return _Finish()(machine.stack.pop(), 0)
            machine.step(instruction.name, argument)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as error:
        raise UnreadableInput("it is damaged: no pickle of plain arrays") from error
    raise UnreadableInput("it is damaged: it breaks off")


class _Machine:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self._steps: dict[str, Callable[[Any], None]] = {
            "EMPTY_LIST": lambda _: self.stack.append([]),
            "EMPTY_DICT": lambda _: self.stack.append({}),
            "EMPTY_TUPLE": lambda _: self.stack.append(()),
            "NONE": lambda _: self.stack.append(None),
            "NEWTRUE": lambda _: self.stack.append(True),
            "NEWFALSE": lambda _: self.stack.append(False),
            "MARK": lambda _: self.stack.append(_MARK),
            "TUPLE": lambda _: self.stack.append(tuple(self._since_mark())),
            "TUPLE1": lambda _: self._tuple(1),
            "TUPLE2": lambda _: self._tuple(2),
            "TUPLE3": lambda _: self._tuple(3),
            "MEMOIZE": lambda _: self.memo.__setitem__(len(self.memo), self.stack[-1]),
            "APPEND": lambda _: self._extend([self.stack.pop()]),
            "APPENDS": lambda _: self._extend(self._since_mark()),
            "SETITEM": lambda _: self._set([self.stack.pop(-2), self.stack.pop()]),
            "SETITEMS": lambda _: self._set(self._since_mark()),
            "GLOBAL": lambda name: self.stack.append(_known(name)),
            "STACK_GLOBAL": lambda _: self.stack.append(_known(f"{self.stack.pop(-2)} {self.stack.pop()}")),
            "REDUCE": lambda _: self.stack.append(_reduced(self.stack.pop(-2), self.stack.pop())),
            "BUILD": lambda _: _built(self.stack[-2], self.stack.pop()),
        }

    def step(self, name: str, argument: Any) -> None:
        if name in ("PROTO", "FRAME"):
            return
        if name in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif name in _PLAIN_VALUES:
            self.stack.append(argument)
        elif name in self._steps:
            self._steps[name](argument)
        else:
            raise UnsafeFormat(f"it is a pickle that asks for {name}")

    def _since_mark(self) -> list[Any]:
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise ValueError("no mark")
        found = self.stack[at + 1 :]
        del self.stack[at:]
        return found

    def _tuple(self, n: int) -> None:
        found = tuple(self.stack[-n:])
        del self.stack[-n:]
        self.stack.append(found)

    def _extend(self, values: list[Any]) -> None:
        list.extend(self.stack[-1], values)

    def _set(self, pairs: list[Any]) -> None:
        dict.update(self.stack[-1], zip(pairs[::2], pairs[1::2], strict=True))


_PLAIN_VALUES = frozenset(
    "BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES "
    "BINBYTES8".split()
)


def _known(name: str) -> _Name:
    if name not in _KNOWN:
        raise UnsafeFormat(f"it is a pickle that asks for {name.replace(' ', '.')[:80]}")
    return _Name(name)


def _reduced(called: Any, arguments: Any) -> Any:
    name = called.text if isinstance(called, _Name) else ""
    if name in _MAKE_ARRAY and arguments[0] == _Name("numpy ndarray"):
        return _Array()
    if name == "numpy dtype":
        return _Kind(arguments[0])
    if name == "_codecs encode" and arguments[1] in ("latin1", "latin-1"):
        return str.encode(arguments[0], "latin-1")
    if name in _BYTES and arguments == ():
        return b""
    raise UnsafeFormat(f"it is a pickle that calls {name.replace(' ', '.') or type(called).__name__}")


def _built(made: Any, state: Any) -> None:
    if isinstance(made, _Kind):
        made.order = state[1] if state[1] in "<>|" else "<"
        return
    if not isinstance(made, _Array):
        raise UnsafeFormat(f"it is a pickle that changes a {type(made).__name__}")
    _, shape, kind, is_fortran, content = state
    if kind.text == "O8":
        made.value = list(content) if shape else next(iter(content))
        return
    dtype = np.dtype(kind.order.replace("|", "<") + kind.text if kind.text[1:] != "1" else kind.text)
    found = np.frombuffer(bytes(content), dtype).reshape(shape, order="F" if is_fortran else "C")
    made.value = found.astype(dtype.newbyteorder("="))


class _Finish:
    """Puts arrays in their places; what is named many times is written out each time, up to a limit."""

    n_values = 0

    def __call__(self, value: Any, depth: int) -> Any:
        self.n_values += 1
        if depth > MAX_DEPTH or self.n_values > MAX_INSTRUCTIONS:
            raise UnreadableInput("it is nested too deep, or names too much too often")
        if isinstance(value, _Array):
            return self(value.value, depth + 1)
        if isinstance(value, list | tuple):
            return type(value)(self(one, depth + 1) for one in value)
        if isinstance(value, dict):
            return {str(key): self(one, depth + 1) for key, one in value.items()}
        if value is None or isinstance(value, bool | int | float | str | bytes | np.ndarray):
            return value
        raise UnsafeFormat(f"it holds a {type(value).__name__.strip('_')}")
