"""The cache of spoken texts: bounded, the least heard goes first, safe for threads and damaged files."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from mlops.ml.contract import BadValue
from mlops.ml.speech.speech_cache import SpeechCache, key_of
from mlops.ml.speech.spoken import Spoken, rounded

SAID = Spoken(rounded(np.sin(np.arange(1000))), 24_000, "kokoro-82m", "af_heart")
SIZE = len(SAID.wav_bytes())


def _key(number: int) -> str:
    return key_of(str(number), "", "af_heart", 1.0, "")


def _path(cache: SpeechCache, key: str) -> Path:
    return next(cache.folder.rglob(f"{key}.wav"))


def test_keys_change_with_everything_that_is_heard() -> None:
    base = ["text", "sounds", "voice", 1.0, "hash"]
    keys = {key_of(*base)}  # type: ignore[arg-type]
    for at, other in enumerate(["t", "s", "v", 1.01, "h"]):
        keys.add(key_of(*[*base[:at], other, *base[at + 1 :]]))  # type: ignore[arg-type]
    assert len(keys) == 6
    assert key_of("a", "bc", "", 1.0, "") != key_of("ab", "c", "", 1.0, "")


def test_what_was_not_heard_for_longest_goes_first(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, max_bytes=3 * SIZE)
    for number in range(3):
        cache.put(_key(number), SAID)
        os.utime(_path(cache, _key(number)), (number + 1, number + 1))
    assert cache.get(_key(0), "kokoro-82m", "af_heart") is not None
    cache.put(_key(3), SAID)
    assert cache.n_bytes() == 3 * SIZE
    assert [cache.get(_key(number), "", "") is not None for number in range(4)] == [True, False, True, True]


def test_what_comes_out_is_what_went_in(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path)
    cache.put(_key(1), SAID)
    found = cache.get(_key(1), SAID.engine, SAID.voice, "note")
    assert found is not None
    assert np.array_equal(found.samples, SAID.samples)
    assert (found.rate_hz, found.engine, found.voice, found.note) == (24_000, "kokoro-82m", "af_heart", "note")
    cache.clear()
    assert cache.get(_key(1), "", "") is None
    assert cache.n_bytes() == 0


def test_a_damaged_file_is_thrown_away(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path)
    cache.put(_key(1), SAID)
    _path(cache, _key(1)).write_bytes(b"damaged")
    assert cache.get(_key(1), "", "") is None
    assert cache.n_bytes() == 0


def test_what_is_too_large_is_not_kept_and_no_room_is_refused(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path / "cache", max_bytes=SIZE - 1)
    cache.put(_key(1), SAID)
    assert cache.n_bytes() == 0
    with pytest.raises(BadValue):
        SpeechCache(tmp_path, max_bytes=0)


def test_a_folder_that_cannot_be_written_costs_only_the_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = SpeechCache(tmp_path / "file")
    cache.put(_key(1), SAID)
    assert cache.get(_key(1), "", "") is None


def test_many_writers_keep_it_bounded(tmp_path: Path) -> None:
    caches = [SpeechCache(tmp_path, max_bytes=5 * SIZE) for _ in range(2)]
    threads = [
        threading.Thread(target=lambda n=n: [caches[n % 2].put(_key(10 * n + i), SAID) for i in range(10)])  # type: ignore[misc]
        for n in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert caches[0].n_bytes() <= 5 * SIZE + 3 * SIZE
    assert not list(tmp_path.rglob(".new-*"))
