"""The gate for media: what files really are, and what they may not be (rows 18, 19, 22 and 24)."""

import importlib.util
import io
import os
import socket
import struct
import threading
import wave
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from mlops.jobs.kinds import job_kind
from mlops.jobs.models import JobStatus
from mlops.jobs.services.execution import job_execute_here
from mlops.jobs.services.jobs import job_create
from mlops.ml import media_probe
from mlops.ml.limited import Limits
from web.api.problems import as_problem
from web.refusals import Problem, problem_response
from web.services.media import MediaKind, media_check

pytestmark = pytest.mark.skipif(importlib.util.find_spec("av") is None, reason="PyAV is not installed")
SHARED = Path(os.environ.get("FITBALANCE_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
MOVIE, IMAGE, SOUND = MediaKind.VIDEO, MediaKind.IMAGE, MediaKind.AUDIO


def video(path: Path, *, seconds: float = 1.0, codec: str = "mpeg4", size: tuple[int, int] = (64, 48)) -> Path:
    import av

    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=10)
        stream.width, stream.height = size
        for n in range(int(seconds * 10)):
            picture = np.full((size[1], size[0], 3), (n * 8) % 256, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    return path


def sound(path: Path, *, seconds: float = 1.0, rate_hz: int = 16_000) -> Path:
    """A WAV; a hole instead of samples, so that ten hours take no room."""
    n_bytes = int(seconds * rate_hz) * 2
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + n_bytes, b"WAVE", b"fmt ", 16)
    head += struct.pack("<HHIIHH4sI", 1, 1, rate_hz, rate_hz * 2, 2, 16, b"data", n_bytes)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + n_bytes)
    return path


def picture(path: Path, width: int, height: int) -> Path:
    """A PNG of so many pixels in a few kilobytes, one bit each."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    return path


def refused(path: Path, kind: MediaKind) -> tuple[int, str]:
    with pytest.raises(Problem) as caught:
        media_check(path, kind)
    problem = as_problem(caught.value)
    answer = problem_response(problem)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.status_code == problem.status
    assert problem.detail.endswith(".")
    assert str(path.parent) not in problem.detail
    return problem.status, problem.code


# -- what passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.webm", "libvpx"), ("a.avi", "mpeg4")])
def test_a_video_passes(tmp_path, name, codec):
    try:
        path = video(tmp_path / name, codec=codec)
    except Exception as error:
        pytest.skip(f"no encoder: {error}")
    found = media_check(path, MOVIE)
    assert (found.width, found.height) == (64, 48)
    assert found.duration_s == pytest.approx(1.0, abs=0.2)


def test_a_picture_and_a_sound_pass(tmp_path):
    from PIL import Image

    for name in ("a.png", "a.jpg", "a.gif", "a.webp"):
        Image.new("RGB", (40, 30), "red").save(tmp_path / name)
        found = media_check(tmp_path / name, IMAGE)
        assert (found.width, found.height) == (40, 30)
    found = media_check(sound(tmp_path / "a.wav", seconds=2), SOUND)
    assert (found.audio_rate_hz, found.duration_s) == (16_000, 2.0)


def test_a_picture_of_25_megapixels_passes_and_one_more_row_does_not(tmp_path):
    assert media_check(picture(tmp_path / "a.png", 5000, 5000), IMAGE).width == 5000
    assert refused(picture(tmp_path / "b.png", 5000, 5001), IMAGE) == (413, "too_many_pixels")


REAL = [(path, MOVIE) for path in sorted(SHARED.glob("videos/*.*")) if path.suffix in (".mp4", ".gif")]
REAL += [(path, SOUND) for path in sorted(SHARED.glob("voice_commands/*.wav"))]
REAL += [(path, IMAGE) for path in sorted(SHARED.glob("food_photos/**/*.jpg"))[::60]]


@pytest.mark.skipif(not REAL, reason="the shared files are not here")
def test_real_files_pass():
    for path, kind in REAL:
        found = media_check(path, kind)
        assert found.duration_s > 0 or kind is IMAGE, path.name


# -- rows 18 and 19 ------------------------------------------------------------------------------------------


@pytest.fixture
def nobody():
    """A listening port that counts who connects."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    over, asked = threading.Event(), []

    def listen() -> None:
        while not over.is_set():
            try:
                line, where = listener.accept()
            except OSError:
                continue
            asked.append(where)
            line.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield listener.getsockname()[1], asked
    over.set()
    thread.join()
    listener.close()


def texts(port: int) -> dict[str, bytes]:
    url = f"http://127.0.0.1:{port}/a"
    return {
        "hls": f"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\n{url}.ts\n#EXT-X-ENDLIST\n".encode(),
        "hls after a mark": b"\xef\xbb\xbf\n #EXTM3U\n" + url.encode(),
        "concat": f"ffconcat version 1.0\nfile '{url}.mp4'\n".encode(),
        "sdp": f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=video {port} RTP/AVP 96\r\n".encode(),
        "pls": f"[playlist]\nFile1={url}\n".encode(),
        "asx": f'<asx version="3"><entry><ref href="{url}"/></entry></asx>'.encode(),
        "dash": f'<?xml version="1.0"?><MPD><BaseURL>{url}</BaseURL></MPD>'.encode(),
        "html": f'<!doctype html><img src="{url}"><script>1</script>'.encode(),
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/></svg>'.encode(),
        "plain text": url.encode(),
        "zip": b"PK\x03\x04" + bytes(40),
    }


@pytest.mark.parametrize("name", sorted(texts(1)))
@pytest.mark.parametrize("kind", list(MediaKind))
def test_text_named_as_media_is_415_and_asks_nobody(tmp_path, nobody, name, kind):
    port, asked = nobody
    path = tmp_path / {"video": "a.mp4", "image": "a.png", "audio": "a.wav"}[kind]
    path.write_bytes(texts(port)[name])
    assert refused(path, kind) == (415, "wrong_type")
    assert not asked


@pytest.mark.parametrize("name", ["hls", "concat", "sdp", "dash"])
@pytest.mark.parametrize("container", sorted(media_probe.DEMUXERS))
def test_even_past_the_first_look_nothing_is_fetched(tmp_path, nobody, name, container):
    port, asked = nobody
    path = tmp_path / "a.mp4"
    path.write_bytes(texts(port)[name])
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever the demuxer says
        media_probe.probe("video", container, path)
    assert not asked


def test_a_video_that_is_something_else_too_is_415(tmp_path):
    path = video(tmp_path / "a.mp4")
    whole = path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.html", "x")
    for tail in (b"<script>alert(1)</script>", b"<!doctype html><body>", packed.getvalue()):
        path.write_bytes(whole + tail)
        assert refused(path, MOVIE) == (415, "polyglot")


def test_media_of_another_kind_is_415(tmp_path):
    assert refused(picture(tmp_path / "a.png", 9, 9), MOVIE)[0] == 415
    assert refused(sound(tmp_path / "a.wav"), IMAGE)[0] == 415
    assert refused(video(tmp_path / "a.mp4"), SOUND) == (415, "wrong_type")


# -- row 22 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (12_000, 12_000)])
def test_a_picture_of_400_megapixels_is_413_by_its_header(tmp_path, monkeypatch, width, height):
    path = picture(tmp_path / "a.png", width, height)
    assert path.stat().st_size < 100_000
    assert refused(path, IMAGE) == (413, "too_many_pixels")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(media_probe.Refused):
        media_probe.probe("image", "png", path)


def test_a_damaged_picture_is_422(tmp_path):
    from PIL import Image

    path = tmp_path / "a.png"
    Image.effect_noise((200, 200), 80).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refused(path, IMAGE) == (422, "unreadable_media")


# -- row 24 --------------------------------------------------------------------------------------------------


def test_sound_that_is_too_long_too_fine_or_empty(tmp_path):
    assert refused(sound(tmp_path / "long.wav", seconds=10 * 3600, rate_hz=8000), SOUND) == (413, "too_long")
    assert refused(sound(tmp_path / "fine.wav", rate_hz=768_000), SOUND) == (422, "rate_too_high")
    assert refused(sound(tmp_path / "none.wav", seconds=0), SOUND) == (422, "unreadable_media")
    (tmp_path / "empty.wav").write_bytes(b"")
    assert refused(tmp_path / "empty.wav", SOUND) == (422, "unreadable_media")
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
    (tmp_path / "bare.wav").write_bytes(whole.getvalue())
    assert refused(tmp_path / "bare.wav", SOUND) == (422, "unreadable_media")


def test_a_video_without_moov_is_422(tmp_path):
    whole = video(tmp_path / "a.mp4", seconds=3).read_bytes()
    at = whole.rindex(b"moov") - 4
    for name, content in {"no-moov": whole[:at], "cut": whole[: at // 2], "head": whole[:40]}.items():
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(content)
        assert refused(path, MOVIE) == (422, "unreadable_media"), name


@pytest.mark.django_db
def test_in_a_job_it_fails_once_with_its_code(tmp_path, athlete_user):
    whole = video(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(whole[: whole.rindex(b"moov") - 4])

    @job_kind("test.media")
    def look(context):
        media_check(tmp_path / "a.mp4", MOVIE)

    job = job_create(kind="test.media", title="Media", owner=athlete_user, parameters={})
    job_execute_here(pk=job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code, job.attempt) == (JobStatus.FAILED, "unreadable_media", 1)


def test_a_decoder_that_runs_away_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("web.services.media.LIMITS", Limits(wall_s=0.01))
    assert refused(video(tmp_path / "a.mp4"), MOVIE) == (422, "unreadable_media")
