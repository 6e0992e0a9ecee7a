"""Starting a limited child, following it, and saying what it died of."""

from __future__ import annotations

import contextlib
import inspect
import json
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from mlops.ml.contract import MLError, UnreadableInput
from mlops.ml.limited.wire import callback_hints, decode, encode, hints_of, path_of

P = ParamSpec("P")
R = TypeVar("R")

AT_ONCE = max(2, os.cpu_count() or 1)
"""Children of one process at a time; who comes later waits."""
_PIECE = 1 << 16
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from mlops.ml.limited.child import main; main()"
_MAY_SEE = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS")
_SLOTS = threading.BoundedSemaphore(AT_ONCE)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What a child may use: private memory, processor seconds, seconds in all, MiB of a file that it writes, open
    files, and MiB of its answer."""

    memory_mib: int = 1024
    cpu_s: int = 30
    wall_s: float = 60.0
    file_mib: int = 1024
    n_files: int = 64
    answer_mib: int = 128


class LimitExceeded(UnreadableInput):
    """Reading a file takes more than it may: code ``too_large``; or ``busy``, where no child could start in time."""


class ParserFailed(UnreadableInput):
    """Reading a file ended in a way that no reader means: it is damaged, or made to break the reader."""


_MEMORY = "reading it takes more memory than a file may need"
_TIME = "reading it takes too long"
_BROKEN = "it is damaged: reading it broke off"


def in_child(function: Callable[P, R], limits: Limits | None = None) -> Callable[P, R]:
    """`function`, called in a limited child process; see the package.

    Besides what the function raises (errors of this library only) the call raises LimitExceeded and ParserFailed, and
    whatever a callback raises; the child is ended then. Files that the function was writing may be left half done.
    """
    found = limits or Limits()

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = inspect.signature(function).bind(*args, **kwargs)
        callbacks = {name: value for name, value in bound.arguments.items() if callable(value)}
        request = {
            "function": path_of(function),
            "arguments": {n: encode(value) for n, value in bound.arguments.items() if n not in callbacks},
            "callbacks": list(callbacks),
            "limits": asdict(found),
            "parent": os.getpid(),
        }
        hints = hints_of(function)
        message = _run(request, found, {n: _typed(one, hints.get(n)) for n, one in callbacks.items()})
        if "value" not in message:
            raise _failure(message)
        try:
            value: R = decode(message["value"], hints.get("return", Any))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ParserFailed(_BROKEN, code="damaged") from error
        return value

    return call


def _typed(callback: Callable[..., Any], hint: Any) -> Callable[[list[Any]], None]:
    """The callback for arguments as they arrive."""
    wanted = callback_hints(hint)

    def call(arguments: list[Any]) -> None:
        try:
            rebuilt = [decode(*pair) for pair in zip(arguments, wanted, strict=True)] if wanted else arguments
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ParserFailed(_BROKEN, code="damaged") from error
        callback(*rebuilt)

    return call


def _run(
    request: Mapping[str, Any], limits: Limits, callbacks: Mapping[str, Callable[[list[Any]], None]]
) -> dict[str, Any]:
    """The child's last message. Raises LimitExceeded, ParserFailed, what callbacks raise."""
    until = time.monotonic() + limits.wall_s
    if not _SLOTS.acquire(timeout=limits.wall_s):
        raise LimitExceeded("the site is busy reading other files; try again in a minute", code="busy")
    try:
        with tempfile.TemporaryDirectory(prefix="fitbalance-child-") as home, _started(Path(home), request) as process:
            for message in _messages(process, until, limits.answer_mib << 20):
                if "call" not in message:
                    return message
                if message["call"] not in callbacks or not isinstance(message.get("arguments"), list):
                    raise ParserFailed(_BROKEN, code="damaged")
                callbacks[message["call"]](message["arguments"])
            code = process.wait(max(1.0, until - time.monotonic()))
            words = Path(home, "words").read_text("utf-8", "replace")[-2000:]
            raise _death(code, words)
    except subprocess.TimeoutExpired:
        raise LimitExceeded(_TIME, code="too_large") from None
    finally:
        _SLOTS.release()


@contextlib.contextmanager
def _started(home: Path, request: Mapping[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """The running child in a folder of its own, with nothing of our environment; ended with its group afterwards."""
    (home / "request.json").write_text(json.dumps(request), "utf-8")
    root = str(Path(__file__).resolve().parents[3])
    environment = {name: os.environ[name] for name in _MAY_SEE if name in os.environ}
    environment |= {**dict.fromkeys(_ONE_THREAD, "1"), "ARROW_DEFAULT_MEMORY_POOL": "system"}
    environment |= {"HOME": str(home), "TMPDIR": str(home)}
    with (home / "words").open("wb") as words:
        process = subprocess.Popen(  # noqa: S603  our own module, fixed arguments
            [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START, root, str(home / "request.json")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            cwd=home,
            env=environment,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _messages(process: subprocess.Popen[bytes], until: float, max_bytes: int) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    ready = select.poll()
    ready.register(descriptor, select.POLLIN)
    pieces: list[bytes] = []
    n_bytes = 0
    while True:
        left = until - time.monotonic()
        if left <= 0 or not ready.poll(1000 * left):
            raise LimitExceeded(_TIME, code="too_large")
        piece = os.read(descriptor, _PIECE)
        if not piece:
            return
        *whole, rest = piece.split(b"\n")
        for line in whole:
            yield _message(b"".join([*pieces, line]))
            pieces, n_bytes = [], 0
        pieces.append(rest)
        n_bytes += len(rest)
        if n_bytes > max_bytes:
            raise LimitExceeded("what is in it is more than a file may hold", code="too_large")


def _message(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ParserFailed(_BROKEN, code="damaged")
    return found


def _death(code: int, words: str) -> UnreadableInput:
    """What a child that said nothing more has died of."""
    if -code == signal.SIGXCPU:
        return LimitExceeded(_TIME, code="too_large")
    if "bad_alloc" in words or "MemoryError" in words or "memory" in words.lower() or -code == signal.SIGKILL:
        return LimitExceeded(_MEMORY, code="too_large")
    logger.warning("a reader of a foreign file ended with %d: %s", code, words)
    return ParserFailed(_BROKEN, code="damaged")


def _failure(message: Mapping[str, Any]) -> MLError:
    """An error as the function raised it, rebuilt only where it is one of this library's."""
    if "limit" in message:
        return LimitExceeded(_MEMORY, code="too_large")
    known = {path_of(one): one for one in _errors(MLError)}
    named = known.get(str(message.get("error")))
    if named is None:
        logger.error("a reader of a foreign file failed with %s", message.get("bug") or message.get("error"))
        return ParserFailed(_BROKEN, code="damaged")
    error = named.__new__(named, str(message.get("text")))
    error.args = (str(message.get("text")),)
    error.__dict__.update(message.get("state") or {})
    return error


def _errors(base: type[MLError]) -> Iterator[type[MLError]]:
    yield base
    for one in base.__subclasses__():
        yield from _errors(one)
