"""Model files that were made elsewhere: told apart by their bytes, checked and rewritten in a limited subprocess.

ONNX graphs and LightGBM text hold no code, but parsers have bugs and graphs can ask for files or endless work. So a
file is only opened in a limited child process (`mlops.ml.limited`; the checks stand in `mlops.ml.foreign_probe`); what
comes out is one plain ONNX file with ``input`` and ``probabilities``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadValue, UnreadableInput, UnsafeFormat
from mlops.ml.folders import UNSAFE_SUFFIXES
from mlops.ml.limited import LimitExceeded, Limits, ParserFailed, in_child

P = ParamSpec("P")
R = TypeVar("R")

FORMATS = ("onnx", "lightgbm", "folder")
OUTPUTS = ("probabilities", "logits")
FEATURES = ("flatten", "stats")
MAX_MODEL_BYTES = 256 * 1024 * 1024
MODEL = Limits(memory_mib=3072, cpu_s=60, wall_s=120, file_mib=600)
NETWORK = Limits(memory_mib=4096, cpu_s=300, wall_s=600, file_mib=600)
"""What a check may take, and what it may take to rebuild a network from its weights."""
_PICKLES = (b"(lp", b"(dp", b"cos\n", b"c__builtin__", b"cposix", b"]q", b"}q")
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"\x89HDF")
_UNSAFE = "files of this kind can run code when they are read; use safetensors, ONNX or LightGBM text"


@dataclass(frozen=True)
class Wanted:
    """What a model must be like.

    length, n_channels, n_classes  windows (batch, length, n_channels) in, (batch, n_classes) out
    output    "probabilities", or "logits" when a softmax must be added
    features  LightGBM only: "flatten" (every sample of every channel, time first) or "stats" (mean, population
              standard deviation, least and greatest of each channel; all means first)
    """

    length: int
    n_channels: int
    n_classes: int
    output: str = "probabilities"
    features: str = "flatten"

    def __post_init__(self) -> None:
        if self.output not in OUTPUTS or self.features not in FEATURES:
            raise BadValue(f"output is one of {', '.join(OUTPUTS)}, features one of {', '.join(FEATURES)}")


@dataclass(frozen=True)
class Probed:
    """What the checks found out."""

    opset: int
    n_nodes: int
    n_bytes: int


def sniff(path: Path, filename: str) -> str:
    """Return "onnx", "lightgbm" or "folder" (a ZIP). Raises UnsafeFormat for pickles and the like, UnreadableInput."""
    suffix = Path(filename).suffix.lower()
    with path.open("rb") as stream:
        head = stream.read(64)
    pickled = head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05"
    if suffix in UNSAFE_SUFFIXES or pickled or head.startswith((*_PICKLES, *_PACKED)):
        raise UnsafeFormat(_UNSAFE)
    if head[:2] == b"\x78\x9c":  # zlib: joblib's compressed form
        raise UnsafeFormat(_UNSAFE)
    if head.startswith(b"PK\x03\x04"):
        return "folder"
    if head.startswith(b"tree\n") and b"version=" in head:
        return "lightgbm"
    if suffix == ".onnx" and head[:1] in (b"\x08", b"\x0a", b"\x12"):
        return "onnx"
    raise UnreadableInput(
        "this is neither an ONNX model, LightGBM text nor the ZIP of a published folder", code="unknown_format"
    )


def probe(source: Path, out: Path, kind: str, wanted: Wanted) -> Probed:
    """Check a foreign model and write it to `out` as plain ONNX. Raises BadArtifact with what is wrong.

    Checked: size, opset, no file beside it, no operators of its own, one input and one output of the right shape,
    that no tensor's size hangs on the values it is asked with, and that it answers with finite probabilities that
    sum to one, in the memory that it will have when it serves.
    """
    from mlops.ml.foreign_probe import check_model

    if source.stat().st_size > MAX_MODEL_BYTES:
        raise BadArtifact(f"a model may have at most {MAX_MODEL_BYTES // 2**20} MiB")
    try:
        return Probed(**model_in_child(check_model)(kind, source, out, asdict(wanted)))
    except BadArtifact:
        out.unlink(missing_ok=True)
        raise


def probe_folder(folder: Path, estimator: str, example: npt.NDArray[Any] | None = None) -> None:
    """Check the files of a foreign artifact and load them with its estimator's own `load`, all in the child.

    estimator  as registered: "module:Class"; its module imports without Django
    example    what it must answer with finite numbers, where its `predict` takes arrays
    Raises BadArtifact with what is wrong.
    """
    from mlops.ml.folder_probe import check_folder

    model_in_child(check_folder)(folder, estimator, example)


def model_in_child(function: Callable[P, R], limits: Limits = MODEL) -> Callable[P, R]:
    """`in_child` for what opens models: a child that was ended is BadArtifact."""
    called = in_child(function, limits)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return called(*args, **kwargs)
        except (LimitExceeded, ParserFailed) as error:
            raise BadArtifact(str(error)) from error

    return call
