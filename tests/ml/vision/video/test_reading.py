"""Reading videos as cameras and phones write them: times, rotation, what is refused, what is read of a broken file."""

import socket
import threading

import numpy as np
import pytest

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import in_child
from mlops.ml.vision.video.facts import read_facts
from mlops.ml.vision.video.frames import Stretch, decoded_ahead, frames_of
from mlops.ml.vision.video.stamps import rising
from tests.drawn_person import HEIGHT, WIDTH
from tests.ml.vision.video.filmed import EMPTY, film


def shades(n, shape=(48, 64)):
    """Pictures whose grey tells their number."""
    return [np.full((*shape, 3), 20 + 4 * i, np.uint8) for i in range(n)]


def numbers_seen(path, stretch):
    facts = read_facts(path)
    return [(one.number, round((float(one.rgb.mean()) - 20) / 4)) for one in frames_of(path, facts, stretch)]


def refused(path):
    with pytest.raises(UnreadableInput) as caught:
        in_child(read_facts)(path)
    assert str(caught.value).endswith(".")
    return caught.value.code


# -- times ---------------------------------------------------------------------------------------------------


def test_times_of_a_variable_rate_are_the_presentation_times(tmp_path):
    stamps = [0, 33, 66, 200, 233, 500, 533, 566]
    facts = read_facts(film(tmp_path / "a.mp4", shades(8), stamps_ms=stamps))
    np.testing.assert_allclose(facts.t_s, np.array(stamps) / 1000, atol=1e-3)
    assert facts.is_variable
    assert not read_facts(film(tmp_path / "b.mp4", shades(8))).is_variable


def test_equal_earlier_and_missing_stamps_rise_and_are_named():
    found = rising([-0.2, -0.1, -0.1, -0.15, None, 0.3], 0.1)
    np.testing.assert_allclose(found.t_s, [0, 0.1, 0.101, 0.102, 0.202, 0.5])
    assert (np.diff(found.t_s) > 0).all()
    assert found.notes[0].startswith("Frame 4 had no time stamp")
    assert found.notes[1].startswith("Frames 2, 3 had the same time stamp")
    many = rising([0.0] * 10, 0.1)
    assert "Frames 1, 2, 3, 4, 5 and 4 more" in many.notes[0]


def test_stamps_that_begin_anywhere_begin_at_zero(tmp_path):
    stamps = [5000 + 40 * i for i in range(6)]
    facts = read_facts(film(tmp_path / "a.webm", shades(6), stamps_ms=stamps, codec="libvpx"))
    np.testing.assert_allclose(facts.t_s, np.arange(6) * 0.04, atol=1e-3)
    assert facts.start_s == pytest.approx(5.0, abs=0.05)


def test_equal_stamps_in_a_file_are_moved_apart_and_every_frame_is_read(tmp_path):
    data = bytearray(film(tmp_path / "a.mp4", shades(6), codec="mpeg4").read_bytes())
    at = data.index(b"stts") + 4
    assert int.from_bytes(data[at + 4 : at + 8], "big") == 1  # one entry: all frames last equally long
    data[at + 12 : at + 16] = (0).to_bytes(4, "big")
    (tmp_path / "a.mp4").write_bytes(bytes(data))
    facts = read_facts(tmp_path / "a.mp4")
    assert len(facts.t_s) == 6
    assert (np.diff(facts.t_s) > 0).all()
    assert "moved by 1 ms" in facts.notes[-1]
    assert [a for a, _ in numbers_seen(tmp_path / "a.mp4", Stretch(0, 6))] == list(range(6))


# -- frames --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("b.mp4", "libx265"),
        ("c.mp4", "libsvtav1"),
        ("a.mov", "mpeg4"),
        ("a.webm", "libvpx"),
        ("a.mkv", "libvpx-vp9"),
        ("a.avi", "mpeg4"),
    ],
)
def test_any_stretch_holds_the_frames_of_these_numbers(tmp_path, name, codec):
    path = film(tmp_path / name, shades(50), codec=codec)
    assert len(read_facts(path).t_s) == 50
    for first, last, every in ((0, 50, 1), (31, 37, 1), (10, 40, 7), (49, 50, 1), (20, 20, 1)):
        seen = numbers_seen(path, Stretch(first, last, every))
        wanted = [number for number in range(first, last) if number % every == 0]
        assert [number for number, _ in seen] == wanted
        assert all(abs(shown - number) <= 1 for number, shown in seen)


def test_a_moving_gif_and_one_with_sound_are_read(tmp_path):
    assert len(numbers_seen(film(tmp_path / "a.gif", shades(5), codec="gif", rate=10), Stretch(0, 5))) == 5
    facts = read_facts(film(tmp_path / "a.mp4", shades(5), sound=True))
    assert facts.has_sound
    assert len(facts.t_s) == 5


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_pictures_stand_upright(tmp_path, turned):
    picture = EMPTY.copy()
    picture[: HEIGHT // 2, : WIDTH // 2] = (250, 0, 0)
    path = film(tmp_path / "a.mp4", [picture] * 3, turned=turned)
    facts = read_facts(path)
    assert (facts.width, facts.height, facts.rotation) == (WIDTH, HEIGHT, turned)
    for frame in decoded_ahead(path, facts, Stretch(0, 3)):
        assert frame.rgb.shape == picture.shape
        assert np.abs(frame.rgb.astype(int) - picture).mean() < 4


def test_pixels_that_are_not_square_and_large_pictures_are_scaled(tmp_path):
    from fractions import Fraction

    path = film(tmp_path / "a.mp4", [EMPTY] * 2, aspect=Fraction(1, 2))
    facts = read_facts(path)
    assert (facts.width, facts.height) == (WIDTH // 2, HEIGHT)
    assert next(frames_of(path, facts, Stretch(0, 1))).rgb.shape == (HEIGHT, WIDTH // 2, 3)
    large = film(tmp_path / "b.mp4", [np.full((2160, 3840, 3), 90, np.uint8)] * 2)
    facts = read_facts(large)
    assert (facts.width, facts.height) == (3840, 2160)
    assert next(frames_of(large, facts, Stretch(0, 1))).rgb.shape == (720, 1280, 3)


def test_240_frames_a_second_pass_and_more_than_480_do_not(tmp_path):
    assert read_facts(film(tmp_path / "a.mp4", shades(48), rate=240)).rate_hz == pytest.approx(240, rel=0.01)
    fast = film(tmp_path / "b.mp4", shades(48), stamps_ms=list(range(48)))
    assert refused(fast) == "rate_too_high"


# -- broken and foreign files --------------------------------------------------------------------------------


def test_what_can_be_read_of_a_broken_off_file_is_read_and_said(tmp_path):
    noisy = [np.random.default_rng(i).integers(0, 255, (96, 128, 3), dtype=np.uint8) for i in range(40)]
    path = film(tmp_path / "a.mp4", noisy, codec="mpeg4")
    whole = path.read_bytes()
    assert whole.index(b"moov") < whole.index(b"mdat")
    path.write_bytes(whole[: len(whole) // 2])
    facts = read_facts(path)
    assert 10 < len(facts.t_s) < 35
    assert facts.notes[0].startswith(f"The file is not complete: {len(facts.t_s)} of 40 frames")
    seen = list(frames_of(path, facts, Stretch(0, len(facts.t_s))))
    assert len(seen) >= len(facts.t_s) - 1


def test_files_in_which_nothing_can_be_shown(tmp_path):
    path = film(tmp_path / "a.mp4", shades(20))
    whole = path.read_bytes()
    for name, data in {"no moov": whole.replace(b"moov", b"none"), "cut": whole[:60], "empty": b""}.items():
        path.write_bytes(data)
        assert refused(path) == "unreadable_media", name
    assert refused(tmp_path / "none.mp4") == "missing"


@pytest.fixture
def nobody():
    """A listening port that counts who connects."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    over, asked = threading.Event(), []

    def listen():
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


def test_playlists_named_mp4_are_refused_and_ask_nobody(tmp_path, nobody):
    port, asked = nobody
    url = f"http://127.0.0.1:{port}/a"
    path = tmp_path / "a.mp4"
    for text in (
        f"#EXTM3U\n#EXTINF:10,\n{url}.ts\n",
        f"ffconcat version 1.0\nfile '{url}.mp4'\n",
        f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video {port} RTP/AVP 96\r\n",
        f'<html><img src="{url}">',
        f"xxxxftyp#EXTM3U\n{url}.ts\n",
    ):
        path.write_text(text)
        assert refused(path) in ("wrong_type", "unreadable_media")
    assert not asked


def test_a_codec_that_is_not_on_the_list_is_refused(tmp_path):
    path = film(tmp_path / "a.avi", shades(5), codec="ffv1", options={})
    assert refused(path) == "codec_not_allowed"
