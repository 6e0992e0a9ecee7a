"""Examples of any type in a folder, so that another process can map them: nothing is pickled, nothing held twice.

Any frozen dataclass of arrays, items, texts, numbers and names can be handed over: arrays as .npy, items of varying
size as one long array, everything else in `examples.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.bases.items import FlatItems, Items, as_items, write_flat
from mlops.ml.contract import BadArtifact, BadValue

FACTS = "examples.json"
COPIED = 2048
"""Rows that are copied at once."""


def class_path(cls: type) -> str:
    """``module:Class``, to be read by `class_at`. Raises BadValue for a class made inside a function."""
    if "<" in cls.__qualname__:
        raise BadValue(f"{cls.__qualname__} was made inside a function: another process cannot find it")
    return f"{cls.__module__}:{cls.__qualname__}"


def class_at(path: str) -> Any:
    """The class that `class_path` named. Raises BadArtifact."""
    module, _, names = path.partition(":")
    try:
        found: Any = import_module(module)
        for name in names.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadArtifact(f"there is no {path} here") from error
    return found


def write_examples(data: Any, folder: Path) -> None:
    """Fill a new folder. Raises BadValue for a field of a kind that cannot be handed over."""
    folder.mkdir()
    found = {spec.name: _write(getattr(data, spec.name), folder / spec.name) for spec in fields(data)}
    (folder / FACTS).write_text(json.dumps({"class": class_path(type(data)), "fields": found}), "utf-8")


def read_examples(folder: Path) -> Any:
    """What `write_examples` left; arrays are mapped from disk. Raises BadArtifact."""
    try:
        facts = json.loads((folder / FACTS).read_text("utf-8"))
        found = {name: _read(value, folder / name) for name, value in facts["fields"].items()}
        return class_at(facts["class"])(**found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadArtifact(f"{folder.name} contains no examples that can be read: {error}") from error


def _write(value: Any, path: Path) -> dict[str, Any]:
    """Write one field beside `path`; what must be known to read it again."""
    if value is None or isinstance(value, str | bool | int | float):
        return {"is": "plain", "value": value}
    if isinstance(value, np.ndarray):
        _write_array(value, path.with_suffix(".npy"))
        return {"is": "array"}
    if isinstance(value, Mapping):
        return {"is": "mapping", "of": {str(k): _write(v, Path(f"{path}.{k}")) for k, v in value.items()}}
    if isinstance(value, tuple | list) and all(isinstance(one, str) for one in value):
        return {"is": "texts", "value": list(value)}
    if isinstance(value, Items) or (isinstance(value, tuple | list) and all(isinstance(x, np.ndarray) for x in value)):
        path.mkdir()
        write_flat(as_items(value), path)
        return {"is": "items"}
    raise BadValue(f"a {type(value).__name__} cannot be handed to another process")


def _read(facts: Mapping[str, Any], path: Path) -> Any:
    kind = facts["is"]
    if kind == "plain":
        return facts["value"]
    if kind == "texts":
        return tuple(facts["value"])
    if kind == "array":
        return np.load(path.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
    if kind == "mapping":
        return {name: _read(one, Path(f"{path}.{name}")) for name, one in facts["of"].items()}
    return FlatItems.open(path)


def _write_array(array: np.ndarray[Any, Any], path: Path) -> None:
    """Write an array that may lie on disk itself, a piece at a time."""
    if array.dtype == object:
        array = array.astype(np.str_)
    if array.size == 0:
        np.save(path, array, allow_pickle=False)
        return
    out = np.lib.format.open_memmap(path, "w+", array.dtype, array.shape)
    for at in range(0, len(array), COPIED):
        out[at : at + COPIED] = array[at : at + COPIED]
    out.flush()
