"""Reading a CTranslate2 model file: no length in it is believed before it is compared with what the file holds.

    version | text spec | revision | count | variables … | count of aliases | (alias, name) …
    variable  text name | uint8 rank | uint32 × rank | uint8 type | uint32 bytes | data
    text      uint16 length, the closing NUL included

All little-endian. Source: ctranslate2.specs.model_spec (binary version 6, the newest).
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact

VERSIONS = (5, 6)
MAX_VARIABLES = 10_000
MAX_RANK = 4
MAX_NAME = 300
DTYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
"""Type numbers of the format; 5 (bfloat16) is not read."""
_NAME = re.compile(r"[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*")


@dataclass(frozen=True)
class Ct2File:
    """What such a file holds: tensors by name; an alias is a second name of the same tensor."""

    spec: str
    revision: int
    tensors: dict[str, npt.NDArray[Any]]


def read_ct2(path: Path) -> Ct2File:
    """Read a file whole; the tensors are views of the file on disk.

    Raises BadArtifact, which names what is wrong and with which variable.
    """
    try:
        data = np.memmap(path, np.uint8, "r")
    except (OSError, ValueError) as error:
        raise BadArtifact(f"{path.name} cannot be read, or is empty") from error
    reader = _Reader(data)
    (version,) = reader.numbers("I", "its version")
    if version not in VERSIONS:
        raise BadArtifact(f"version {version} of the format; {', '.join(map(str, VERSIONS))} are read")
    spec = reader.text("the kind of model")
    revision, count = reader.numbers("II", "the number of variables")
    if not 0 < count <= MAX_VARIABLES:
        raise BadArtifact(f"{count} variables; at most {MAX_VARIABLES} are read")
    tensors: dict[str, npt.NDArray[Any]] = {}
    for number in range(count):
        name = reader.text(f"the name of variable {number}")
        if name in tensors:
            raise BadArtifact(f"two variables are named {name}")
        tensors[name] = _variable(reader, name)
    tensors |= {alias: tensors[name] for alias, name in _aliases(reader, tensors).items()}
    if reader.left:
        raise BadArtifact(f"{reader.left} bytes follow its end")
    return Ct2File(spec, revision, tensors)


class _Reader:
    """A place in the file that only moves within it."""

    def __init__(self, data: npt.NDArray[np.uint8]) -> None:
        self.data, self.at = data, 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, n: int, what: str) -> npt.NDArray[np.uint8]:
        if n > self.left:
            raise BadArtifact(f"{what} should be {n} bytes long, and {self.left} are left")
        self.at += n
        return self.data[self.at - n : self.at]

    def numbers(self, form: str, what: str) -> tuple[int, ...]:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}"), what).tobytes())

    def text(self, what: str) -> str:
        (n,) = self.numbers("H", what)
        if not 1 < n <= MAX_NAME:
            raise BadArtifact(f"{what} is {n} bytes long")
        found = self.take(n, what).tobytes()
        text = found[:-1].decode("ascii", "replace")
        if found[-1] or not _NAME.fullmatch(text):
            raise BadArtifact(f"{what} is no name")
        return text


def _variable(reader: _Reader, name: str) -> npt.NDArray[Any]:
    (rank,) = reader.numbers("B", f"the rank of {name}")
    if rank > MAX_RANK:
        raise BadArtifact(f"{name} has the rank {rank}")
    shape = reader.numbers(f"{rank}I", f"the shape of {name}") if rank else ()
    kind, n_bytes = reader.numbers("BI", f"the type of {name}")
    if kind not in DTYPES:
        raise BadArtifact(f"{name} is of an unknown type ({kind})")
    dtype = np.dtype(DTYPES[kind])
    if math.prod(shape) * dtype.itemsize != n_bytes:
        raise BadArtifact(f"{name} is {n_bytes} bytes long, and its shape {list(shape)} takes others")
    return reader.take(n_bytes, name).view(dtype).reshape(shape)


def _aliases(reader: _Reader, tensors: dict[str, npt.NDArray[Any]]) -> dict[str, str]:
    """Alias → the name that has a tensor."""
    (count,) = reader.numbers("I", "the number of aliases")
    if count > MAX_VARIABLES:
        raise BadArtifact(f"{count} aliases; at most {MAX_VARIABLES} are read")
    named: dict[str, str] = {}
    for number in range(count):
        alias, name = reader.text(f"alias {number}"), reader.text(f"what alias {number} names")
        if alias in named or alias in tensors:
            raise BadArtifact(f"two things are named {alias}")
        named[alias] = name
    return {alias: _resolved(alias, named, tensors) for alias in named}


def _resolved(alias: str, named: dict[str, str], tensors: dict[str, npt.NDArray[Any]]) -> str:
    seen, name = {alias}, named[alias]
    while name not in tensors:
        if name not in named:
            raise BadArtifact(f"the alias {alias} names {name}, which is not in the file")
        if name in seen:
            raise BadArtifact(f"the alias {alias} leads in a circle")
        seen.add(name)
        name = named[name]
    return name
