"""Photos of every kind come out upright, in RGB and of a known size; what is no photo, or too large, is refused."""

import io
import struct
import time
import zlib

import numpy as np
import PIL.Image
import pytest
from PIL import Image

from mlops.ml.contract import BadShape, BadValue, UnreadableInput
from mlops.ml.vision import photos
from mlops.ml.vision.photos import crops_of, photos_of, without_paths

RED, GREEN, BLUE = (250, 10, 10), (10, 250, 10), (10, 10, 250)


def picture(width=300, height=200):
    """Red in the left top quarter, green to its right, blue below, so that turning shows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, GREEN
    pixels[height // 2 :] = BLUE
    return Image.fromarray(pixels)


def encoded(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def corners(pixels):
    height, width = pixels.shape[:2]
    return [pixels[y, x].astype(int) for y in (height // 8, -height // 8) for x in (width // 8, -width // 8)]


def assert_upright(pixels, atol=12):
    for found, wanted in zip(corners(pixels), (RED, GREEN, BLUE, BLUE), strict=True):
        np.testing.assert_allclose(found, wanted, atol=atol)


@pytest.mark.parametrize(
    "content",
    [
        encoded(picture()),
        encoded(picture(), "JPEG", quality=95, subsampling=0),
        encoded(picture(), "WEBP", quality=95),
        encoded(picture(), "BMP"),
        encoded(picture().convert("P", palette=Image.Palette.ADAPTIVE)),
        encoded(picture().convert("RGBA")),
    ],
    ids=["png", "jpeg", "webp", "bmp", "palette", "alpha"],
)
def test_every_kind_gives_the_same_picture(content):
    (pixels,) = photos_of([content])
    assert pixels.shape == (200, 300, 3)
    assert_upright(pixels)


def test_cmyk_becomes_rgb():
    (pixels,) = photos_of([encoded(picture().convert("CMYK"), "JPEG", quality=95, subsampling=0)])
    assert_upright(pixels, atol=20)


def test_a_phone_held_sideways():
    turned = picture().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    (pixels,) = photos_of([encoded(turned, "JPEG", quality=95, exif=exif)])
    assert pixels.shape == (200, 300, 3)
    assert_upright(pixels)


def test_grey_sixteen_bits_and_what_is_transparent():
    grey = np.tile(np.linspace(0, 65535, 64, dtype=np.uint16), (32, 1))
    deep, light = photos_of([encoded(Image.fromarray(grey)), encoded(Image.fromarray((grey >> 8).astype(np.uint8)))])
    np.testing.assert_array_equal(deep, light)
    assert deep.max() == 255
    clear = picture().convert("RGBA")
    clear.putalpha(0)
    assert (photos_of([encoded(clear)])[0] == 255).all()
    one_bit, grey_alpha = photos_of([encoded(picture().convert("1")), encoded(picture().convert("LA"))])
    assert one_bit.shape == grey_alpha.shape == (200, 300, 3)


def test_of_what_moves_the_first_frame():
    frames = [Image.new("RGB", (40, 40), colour) for colour in (RED, GREEN)]
    (pixels,) = photos_of([encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])])
    np.testing.assert_allclose(pixels[20, 20], RED, atol=12)


def test_large_photos_become_smaller_and_keep_their_shape():
    (pixels,) = photos_of([encoded(picture(4000, 3000), "JPEG", quality=90)])
    assert pixels.shape == (960, 1280, 3)
    assert_upright(pixels)


def test_the_middle_square():
    pixels = np.zeros((512, 1024, 3), np.uint8)
    pixels[32:-32, 288:-288] = 255  # what the middle 7/8 of the shorter side shows
    (crop,) = crops_of([pixels])
    assert crop.shape == (224, 224, 3)
    assert crop.min() > 200
    assert crops_of([]).shape == (0, 224, 224, 3)
    assert crops_of([np.zeros((1, 1, 3), np.uint8), encoded(picture(3, 2000))]).shape == (2, 224, 224, 3)


def test_many_keep_their_order(tmp_path):
    (tmp_path / "b.png").write_bytes(encoded(Image.new("RGB", (50, 50), GREEN)))
    given = [encoded(Image.new("RGB", (50, 50), RED)), tmp_path / "b.png", np.full((50, 50, 3), 7, np.uint8)]
    found = [tuple(pixels[0, 0]) for pixels in photos_of(given * 2)]
    assert found == [RED, GREEN, (7, 7, 7)] * 2


def test_a_bomb_is_refused_by_its_header():
    side = 20_000
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert len(bomb) < 60_000
    began = time.monotonic()
    with pytest.raises(UnreadableInput) as caught:
        crops_of([bomb])
    assert caught.value.code == "too_many_pixels"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "wrong_type"),
        (b"GIF89a", "wrong_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "wrong_type"),
        (encoded(picture(), "TIFF"), "wrong_type"),
        (encoded(picture(), "JPEG")[:-900], "unreadable_media"),
        (encoded(picture())[:120], "unreadable_media"),
    ],
)
def test_what_is_no_photo(content, code):
    with pytest.raises(UnreadableInput) as caught:
        photos_of([encoded(picture()), content])
    assert caught.value.code == code


def test_what_is_no_picture_at_all(tmp_path, monkeypatch):
    for wrong, error in ((np.zeros((4, 4), np.uint8), BadShape), (np.zeros((0, 4, 3), np.uint8), BadShape)):
        with pytest.raises(error):
            photos_of([wrong])
    for wrong in (np.zeros((4, 4, 3)), None, {"a": 1}):
        with pytest.raises(BadValue):
            photos_of([wrong])
    with pytest.raises(UnreadableInput) as caught:
        photos_of([tmp_path / "gone.jpg"])
    assert caught.value.code == "missing"
    monkeypatch.setattr(photos, "MAX_BYTES", 100)
    with pytest.raises(UnreadableInput) as caught:
        photos_of([encoded(picture())])
    assert caught.value.code == "too_large"


def test_nothing_foreign_is_opened_in_this_process(monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("opened here")

    content = encoded(picture())
    monkeypatch.setattr(PIL.Image, "open", never)
    assert photos_of([content])[0].shape == (200, 300, 3)


def test_the_models_server_takes_no_paths(tmp_path):
    with pytest.raises(BadValue):
        without_paths([b"", str(tmp_path)])
    assert without_paths([b"x"]) == [b"x"]
