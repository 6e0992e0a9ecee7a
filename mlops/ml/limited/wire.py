"""Values as JSON and back by type: what comes from a child is checked against what its function promises to return."""

from __future__ import annotations

import base64
import collections.abc
import dataclasses
import datetime as dt
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_PLAIN = {bool: (bool,), int: (int,), float: (int, float), str: (str,)}
_LISTS = {list: list, set: set, frozenset: frozenset, collections.abc.Sequence: list, collections.abc.Set: frozenset}
_NUMBERS = "biuf"


def encode(value: Any) -> Any:
    """Plain values, dataclasses, containers, dates, paths, bytes and arrays of numbers as JSON. Raises TypeError."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {key: encode(inner) for key, inner in value.items()}
        return [[encode(key), encode(inner)] for key, inner in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return [encode(inner) for inner in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if hasattr(value, "dtype") and value.dtype.kind in _NUMBERS:
        if not value.shape:
            return value.item()
        return [value.dtype.str, list(value.shape), base64.b64encode(value.tobytes()).decode("ascii")]
    raise TypeError(f"{type(value).__name__} does not travel to a child process")


def decode(value: Any, hint: Any) -> Any:
    """What `encode` made of a value of the type `hint`. Raises ValueError for anything else."""
    if hint is Any:
        return value
    if hint is None or hint is type(None):
        return _check(value is None, value)
    if hint in _PLAIN:
        right = isinstance(value, _PLAIN[hint]) and (hint is bool or not isinstance(value, bool))
        return hint(_check(right, value))
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _first(value, inner)
    if origin is typing.Literal:
        return _check(value in inner, value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _dataclass(value, hint)
    if hint in (dt.datetime, dt.date, Path):
        return (Path if hint is Path else hint.fromisoformat)(_check(isinstance(value, str), value))
    if hint is bytes:
        return base64.b64decode(_check(isinstance(value, str), value), validate=True)
    if origin is tuple:
        return _tuple(value, inner)
    if origin in (dict, collections.abc.Mapping):
        pairs = value.items() if isinstance(value, dict) else _check(isinstance(value, list), value)
        return {decode(key, inner[0]): decode(one, inner[1]) for key, one in pairs}
    if origin in _LISTS:
        return _LISTS[origin](decode(one, inner[0]) for one in _check(isinstance(value, list), value))
    if getattr(origin or hint, "__name__", "") == "ndarray":
        return _array(value)
    raise ValueError(f"{hint} does not travel from a child process")


@cache
def hints_of(described: Any) -> dict[str, Any]:
    """The annotations of a function or class, resolved; what has none is `Any`."""
    return typing.get_type_hints(described)


def callback_hints(hint: Any) -> tuple[Any, ...] | None:
    """Types of a callback's arguments; None where they are not told."""
    if typing.get_origin(hint) is not collections.abc.Callable:
        return None
    inner = typing.get_args(hint)[0]
    return tuple(inner) if isinstance(inner, list) else None


def path_of(named: Callable[..., Any] | type) -> str:
    """module:name of a function or class at the top of a module."""
    return f"{named.__module__}:{named.__qualname__}"


def _check(right: bool, value: Any) -> Any:
    if not right:
        raise ValueError("a value of another type than promised")
    return value


def _first(value: Any, hints: tuple[Any, ...]) -> Any:
    for hint in hints:
        try:
            return decode(value, hint)
        except (ValueError, TypeError, KeyError):
            continue
    raise ValueError("a value of none of the promised types")


def _tuple(value: Any, inner: tuple[Any, ...]) -> tuple[Any, ...]:
    _check(isinstance(value, list), value)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(decode(one, inner[0]) for one in value)
    return tuple(decode(one, hint) for one, hint in zip(value, inner, strict=True))


def _dataclass(value: Any, found: Any) -> Any:
    _check(isinstance(value, dict), value)
    hints = hints_of(found)
    named = [field.name for field in dataclasses.fields(found) if field.init]
    return found(**{name: decode(value[name], hints[name]) for name in named})


def _array(value: Any) -> Any:
    import numpy as np

    kind, shape, data = value
    dtype = np.dtype(_check(isinstance(kind, str) and kind[1:2] in _NUMBERS, kind))
    return np.frombuffer(base64.b64decode(data, validate=True), dtype).reshape(shape).copy()
