"""Model files that were made elsewhere: told apart by their bytes, checked and rewritten in a limited subprocess.

ONNX graphs and LightGBM text hold no code, but parsers have bugs and graphs can ask for files or endless work. So a
file is only opened in a child process without secrets, with limits on memory, processor time and file size
(`mlops.ml.foreign_probe`); what comes out is one plain ONNX file with ``input`` and ``probabilities``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from mlops.ml.contract import BadArtifact, BadValue, UnreadableInput, UnsafeFormat
from mlops.ml.published import UNSAFE_SUFFIXES

FORMATS = ("onnx", "lightgbm", "folder")
OUTPUTS = ("probabilities", "logits")
FEATURES = ("flatten", "stats")
MAX_MODEL_BYTES = 256 * 1024 * 1024
WALL_S = 120
_PICKLES = (b"(lp", b"(dp", b"cos\n", b"c__builtin__", b"cposix", b"]q", b"}q")
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"\x89HDF")
_UNSAFE = "files of this kind can run code when they are read; bring safetensors, ONNX or LightGBM text"
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from mlops.ml.foreign_probe import main; main()"
_MAY_SEE = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


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
    and that it answers zeros with finite probabilities that sum to one.
    """
    if source.stat().st_size > MAX_MODEL_BYTES:
        raise BadArtifact(f"a model may have at most {MAX_MODEL_BYTES // 2**20} MiB")
    root = str(Path(__file__).resolve().parents[2])
    files = [str(source.resolve()), str(out.resolve())]
    command = [sys.executable, "-c", _START, root, kind, *files, json.dumps(asdict(wanted))]
    environment = {name: os.environ[name] for name in _MAY_SEE if name in os.environ}
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        with tempfile.TemporaryDirectory() as home:  # onnxruntime leaves files there
            done = subprocess.run(  # noqa: S603  our own module, fixed arguments
                command, capture_output=True, timeout=WALL_S, env={**environment, "HOME": home}, cwd=home, check=False
            )
    except subprocess.TimeoutExpired as error:
        raise BadArtifact("checking it took too long, so it was refused") from error
    line = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
    try:
        answer = json.loads(line[0])
    except ValueError as error:
        raise BadArtifact("the checks ended without an answer: it wants too much memory, or is damaged") from error
    if "refused" in answer:
        out.unlink(missing_ok=True)
        raise BadArtifact(str(answer["refused"])[:400])
    return Probed(**answer)
