"""Spoken texts on disk, so that what takes a second to make is there at once the next time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import threading
from pathlib import Path

from mlops.ml.contract import BadValue, UnreadableInput
from mlops.ml.speech.spoken import Spoken, read_wav

MAX_BYTES = 256 << 20
_SUFFIX = ".wav"


def key_of(text: str, sounds: str, voice: str, speed: float, weights_sha256: str) -> str:
    """Changes with all that changes what is heard: the text, how it is read, who speaks, how fast, which weights."""
    said = [text, sounds, voice, f"{speed:.3f}", weights_sha256]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


class SpeechCache:
    """WAV files below `folder`, at most `max_bytes` of them; what was not heard for longest goes first.

    Safe for several threads and processes: a file appears complete, by one rename, and one that another process took
    away is simply not there. A damaged file is thrown away when it is met.
    """

    def __init__(self, folder: Path | str, max_bytes: int = MAX_BYTES) -> None:
        if max_bytes <= 0:
            raise BadValue("a cache needs room for at least one byte")
        self.folder, self.max_bytes = Path(folder), max_bytes
        self._lock = threading.Lock()

    def get(self, key: str, engine: str, voice: str, note: str = "") -> Spoken | None:
        """What was put under a key, else None."""
        path = self._path(key)
        try:
            samples, rate_hz = read_wav(path.read_bytes())
            os.utime(path)
        except OSError:
            return None
        except UnreadableInput:
            path.unlink(missing_ok=True)
            return None
        return Spoken(samples, rate_hz, engine, voice, note)

    def put(self, key: str, spoken: Spoken) -> None:
        """Keep it, and let the oldest go. One larger than the whole cache is not kept; a full disk is no error."""
        data = spoken.wav_bytes()
        if len(data) > self.max_bytes:
            return
        path = self._path(key)
        with self._lock, contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as out:
                    out.write(data)
                os.replace(beside, path)
            except OSError:
                Path(beside).unlink(missing_ok=True)
                raise
            self._trim()

    def n_bytes(self) -> int:
        """What it takes on disk."""
        return sum(size for _, size, _ in self._entries())

    def clear(self) -> None:
        for _, _, path in self._entries():
            path.unlink(missing_ok=True)

    def _trim(self) -> None:
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self.max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _entries(self) -> list[tuple[int, int, Path]]:
        """(heard last, bytes, path) of each."""
        found = []
        for path in self.folder.glob(f"[0-9a-f][0-9a-f]/*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                about = path.stat()
                found.append((about.st_mtime_ns, about.st_size, path))
        return found

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}{_SUFFIX}"
