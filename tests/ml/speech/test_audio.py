"""Sound of any common format becomes 16 kHz mono; what is damaged, endless or no sound is refused by name."""

import io
import struct
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from mlops.ml.contract import BadShape, BadValue, UnreadableInput
from mlops.ml.speech.audio import RATE_HZ, check_samples, container_of, decode

FORMATS = {
    "a.wav": ("wav", "pcm_s16le"),
    "a.flac": ("flac", "flac"),
    "a.ogg": ("ogg", "libopus"),
    "a.mp3": ("mp3", "libmp3lame"),
    "a.m4a": ("mp4", "aac"),
    "a.webm": ("webm", "libopus"),
}


def tone(seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate_hz)) / rate_hz)


def encoded(path: Path, name: str, seconds: float = 2.0, rate_hz: int = 48_000, layout: str = "stereo") -> Path:
    container, codec = FORMATS[name]
    with av.open(str(path / name), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate_hz, layout=layout)
        samples = np.tile(tone(seconds, rate_hz), (2 if layout == "stereo" else 1, 1)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.rate = rate_hz
        resampler = av.AudioResampler(stream.format.name, layout, rate_hz, frame_size=stream.frame_size or None)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            for packet in stream.encode(piece):
                file.mux(packet)
    return path / name


def wav(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ, promised: int | None = None) -> Path:
    """16 bits; `promised` bytes stand in the header."""
    data = (samples * 32767).astype("<i2").tobytes()
    n = len(data) if promised is None else promised
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + n, b"WAVE", b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16,
                       b"data", n)  # fmt: skip
    path.write_bytes(head + data)
    return path


def refused(source, **more) -> str:
    with pytest.raises(UnreadableInput) as caught:
        decode(source, **more)
    return caught.value.code


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_sound(tmp_path, name):
    path = encoded(tmp_path, name)
    found = decode(path)
    assert found.dtype == np.float32
    assert len(found) == pytest.approx(2 * RATE_HZ, rel=0.06)
    middle = np.abs(np.fft.rfft(found[8_000:24_000]))
    assert middle.argmax() == pytest.approx(440, abs=2)
    assert np.abs(found).max() == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(decode(path.read_bytes()), found)


def test_samples_pass_unchanged(tmp_path):
    given = tone(0.5)
    np.testing.assert_allclose(decode(wav(tmp_path / "a.wav", given)), given, atol=1e-4)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.m4a"])
def test_a_file_that_breaks_off_is_damaged(tmp_path, name):
    data = encoded(tmp_path, name, seconds=8).read_bytes()
    assert refused(data[: len(data) // 2]) in ("damaged", "unreadable_media")


@pytest.mark.parametrize("name", ["a.ogg", "a.mp3", "a.webm"])
def test_a_stream_that_breaks_off_is_heard_or_damaged(tmp_path, name):
    """These need not promise a length; then what is there is heard."""
    data = encoded(tmp_path, name, seconds=8).read_bytes()
    try:
        n = len(decode(data[: len(data) // 2]))
    except UnreadableInput:
        return
    assert 2 * RATE_HZ < n < 6 * RATE_HZ


def test_a_header_that_promises_more(tmp_path):
    assert refused(wav(tmp_path / "a.wav", tone(1), promised=10 * RATE_HZ * 2)) in ("damaged", "unreadable_media")


def test_ten_hours_are_too_long_and_never_decoded(tmp_path):
    path = wav(tmp_path / "a.wav", np.zeros(10))
    n_bytes = 10 * 3600 * 8000 * 2
    data = bytearray(path.read_bytes()[:44])
    data[4:8], data[40:44] = struct.pack("<I", 36 + n_bytes), struct.pack("<I", n_bytes)
    data[24:32] = struct.pack("<II", 8000, 16000)
    path.write_bytes(data)
    with path.open("r+b") as file:
        file.truncate(44 + n_bytes)
    assert refused(path) == "too_large"
    assert refused(encoded(tmp_path, "a.flac", seconds=4), max_s=3) == "too_long"


def test_what_else_is_refused(tmp_path):
    assert refused(b"") == "empty"
    assert refused(tmp_path / "nowhere.wav") == "unsupported"
    assert refused(b"words, no sound at all") == "unsupported"
    assert refused(b"RIFF\x00\x00\x00\x00WAVEnothing") == "unreadable_media"
    assert refused(wav(tmp_path / "a.wav", np.zeros(0))) in ("empty", "unreadable_media")
    assert refused(wav(tmp_path / "b.wav", tone(0.1), rate_hz=768_000)) == "rate_too_high"
    rng = np.random.default_rng(0)
    for start in (b"fLaC", b"OggS", b"ID3\x04", b"\x1a\x45\xdf\xa3", b"\0\0\0\x20ftypM4A ", b"\xff\xfb\x90\x00"):
        assert refused(start + rng.bytes(5000)) in ("unreadable_media", "damaged", "codec_not_allowed", "rate_too_high")


def test_a_playlist_is_not_followed(tmp_path):
    assert refused(b"#EXTM3U\nfile:///etc/hostname\n") == "unsupported"
    with pytest.raises(UnreadableInput):
        container_of(b"v=0\r\no=- 0 0 IN IP4 127.0.0.1")


def test_samples_of_a_caller():
    with pytest.raises(BadShape):
        check_samples(np.zeros((2, 16)))
    for given in (np.zeros(0, np.float32), np.array([np.nan]), np.zeros(3, np.int16)):
        with pytest.raises(BadValue):
            check_samples(given)
    assert check_samples([0.0, 0.5]).dtype == np.float32


def test_a_wave_file_of_the_standard_library():
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2), file.setsampwidth(2), file.setframerate(44_100)
        file.writeframes(np.zeros(2 * 44_100, "<i2").tobytes())
    assert len(decode(out.getvalue())) == pytest.approx(RATE_HZ, abs=32)


def test_channels_are_averaged(tmp_path):
    """Loud and alike in both, it does not clip; opposite, it is silence; more channels are heard, too."""

    def many(channels: np.ndarray) -> np.ndarray:
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setnchannels(len(channels)), file.setsampwidth(2), file.setframerate(RATE_HZ)
            file.writeframes((channels.T * 32767).astype("<i2").tobytes())
        return decode(out.getvalue())

    loud = 1.8 * tone(0.5)
    np.testing.assert_allclose(many(np.stack([loud, loud])), loud, atol=1e-3)
    assert np.abs(many(np.stack([loud, -loud]))).max() < 1e-3
    for n in (3, 8):
        np.testing.assert_allclose(many(np.stack([loud, *[0 * loud] * (n - 1)])), loud / n, atol=1e-3)
