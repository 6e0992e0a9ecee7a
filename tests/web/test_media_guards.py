"""Files that lie about what they are."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from benchmarks import attack_files
from web.refusals import Problem
from web.services import archives
from web.services.sniff import AUDIO, IMAGE, VIDEO, FileKind, require_kind, sniff_bytes


def write_zip(path: Path, members: dict[str, bytes], **info) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for key, value in info.items():
                setattr(entry, key, value)
            archive.writestr(entry, content)
    return path


def refused(path: Path, folder: Path) -> str:
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(archives.BadArchive) as caught:
        archives.archive_extract(path, folder)
    assert sorted(folder.parent.rglob("*")) == before, "something was written"
    assert caught.value.status == 400
    return caught.value.code


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "unpacked"


def test_a_plain_archive_is_unpacked(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"day/b.csv": b"2", "a.csv": b"1", "__MACOSX/a": b"", "day/.DS_Store": b""})
    assert [member.name for member in archives.archive_members(path)] == ["a.csv", "day/b.csv"]
    assert [file.read_bytes() for file in archives.archive_extract(path, folder)] == [b"1", b"2"]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "..\\x", "C:\\x", "a" * 301, "C:x"])
def test_a_path_that_leads_out(tmp_path, folder, name):
    assert refused(write_zip(tmp_path / "a.zip", {"good.csv": b"1", name: b"1"}), folder) == "zip_unsafe"


def test_links_and_devices(tmp_path, folder):
    for mode in (stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666, stat.S_IFIFO | 0o666):
        path = write_zip(tmp_path / "a.zip", {"link": b"/etc/passwd"}, external_attr=mode << 16, create_system=3)
        assert refused(path, folder) == "zip_unsafe"


def test_a_bomb(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"zeros": bytes(100 * 1024 * 1024)})
    assert path.stat().st_size < 1024 * 1024
    assert refused(path, folder) == "zip_bomb"


def test_more_than_the_caller_allows(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"a": b"12345"})
    with pytest.raises(archives.BadArchive):
        archives.archive_members(path, max_total_bytes=4)


def test_too_many_entries(tmp_path, folder):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10_001):
            archive.writestr(zipfile.ZipInfo(f"{number}.csv"), b"")
    assert refused(path, folder) == "zip_too_many"


def test_a_giant_table_of_contents_is_refused_before_it_is_read(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"a": b"1"})
    content = bytearray(path.read_bytes())
    struct.pack_into("<L", content, content.rfind(b"PK\x05\x06") + 12, 500_000_000)
    path.write_bytes(content)
    assert refused(path, folder) == "zip_too_many"


def test_a_size_that_lies(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"a": b"x" * 5000})
    content = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", content, content.find(magic) + offset, 10)
    path.write_bytes(content)
    assert refused(path, folder) == "zip_damaged"


def test_damaged_and_encrypted(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"a": b"x" * 5000})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refused(path, folder) == "zip_damaged"
    path.write_bytes(b"PK\x03\x04 not a zip")
    assert refused(path, folder) == "zip_damaged"
    secret = bytearray(whole)
    secret[secret.find(b"PK\x03\x04") + 6] |= 1
    secret[secret.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(secret)
    assert refused(path, folder) == "zip_encrypted"


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_inside_a_member(tmp_path, folder, how):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", how) as archive:
        archive.writestr("a.csv", bytes(range(256)) * 50)
    whole = path.read_bytes()
    begin = whole.find(b"a.csv") + 5
    for at, damage in ((0, b"\xff" * 12), (6, b"\xff" * 20), (30, b"\x00" * 30)):
        path.write_bytes(whole[: begin + at] + damage + whole[begin + at + len(damage) :])
        assert refused(path, folder) in {"zip_damaged", "zip_bomb"}  # a dictionary of 4 GB, in LZMA's header


def test_a_packing_that_nobody_knows(tmp_path, folder):
    path = write_zip(tmp_path / "a.zip", {"a": b"x" * 5000})
    content = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", content, content.find(magic) + offset, 97)
    path.write_bytes(content)
    assert refused(path, folder) == "zip_damaged"


def test_an_end_record_that_lies_about_the_entries(tmp_path, folder):
    """Python believes the record for large archives, wherever one lies before the other."""
    assert refused(attack_files.lying_zip(tmp_path / "a.zip", 20_000), folder) == "zip_damaged"
    for n, length in ((1, None), (65_535, None), (None, 46)):
        path = write_zip(tmp_path / "a.zip", {"a.csv": b"1", "b.csv": b"2"})
        content = bytearray(path.read_bytes())
        at = content.rfind(b"PK\x05\x06")
        if n is not None:
            struct.pack_into("<HH", content, at + 8, n, n)
        else:
            struct.pack_into("<L", content, at + 12, length)
        path.write_bytes(content)
        assert refused(path, folder) in {"zip_damaged", "zip_too_many"}


def test_a_large_archive_s_honest_records_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)  # so that few entries get the records of many
    path = write_zip(tmp_path / "a.zip", {"a.csv": b"1", "b.csv": b"2"})
    assert b"PK\x06\x07" in path.read_bytes()
    assert [member.name for member in archives.archive_members(path)] == ["a.csv", "b.csv"]


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x", "a\\..\\x", "C:x"])
def test_another_name_in_the_extra_field_leads_nowhere(tmp_path, folder, name):
    """Python 3.12 takes it for the entry's name."""
    path = tmp_path / "a.zip"
    path.write_bytes(attack_files.other_name_zip(name))
    assert refused(path, folder) == "zip_unsafe"
    path.write_bytes(attack_files.other_name_zip("größe.csv"))
    assert [file.suffix for file in archives.archive_extract(path, folder)] == [".csv"]


def test_one_name_for_two(tmp_path, folder):
    for members in ({"A.csv": b"1", "a.csv": b"2"}, {"a": b"1", "a/b": b"2"}):
        assert refused(write_zip(tmp_path / "a.zip", members), folder) == "zip_unsafe"


def boxes(*names: bytes, extra: bytes = b"") -> bytes:
    out = b""
    for name in names:
        body = b"isom\x00\x00\x02\x00isommp41" if name == b"ftyp" else bytes(64)
        out += struct.pack(">I", 8 + len(body)) + name + body
    return out + extra


def wav() -> bytes:
    return b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + bytes(28)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (boxes(b"ftyp", b"moov"), FileKind.MP4),
        (wav(), FileKind.WAV),
        (b"\x1aE\xdf\xa3\x9fB\x86", FileKind.WEBM),
        (b"\xff\xfb\x90\x64" + bytes(100), FileKind.MP3),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), FileKind.PNG),
        (b"PAR1" + bytes(20), FileKind.PARQUET),
        (b"RSF1\x1f\x8b", FileKind.RSF),
        (b"\x80\x04\x95", FileKind.PICKLE),
        (b"\x0e\x10\xd9\x07\x00\x00\x00\x00.FIT", FileKind.FIT),
        (b"t,x\n0,1\n", FileKind.TEXT),
        ("t;größe\n".encode("utf-16"), FileKind.TEXT),
        (b"  <!DOCTYPE html><html>", FileKind.HTML),
        (b"\xef\xbb\xbf<html>", FileKind.HTML),
        (b"<script>alert(1)</script>", FileKind.HTML),
        (b'<?xml version="1.0"?><svg onload="x">', FileKind.SVG),
        (b"#EXTM3U\nhttp://example.org/a.ts", FileKind.PLAYLIST),
        (b"ffconcat version 1.0\nfile /etc/passwd", FileKind.PLAYLIST),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1", FileKind.PLAYLIST),
        (b"", FileKind.UNKNOWN),
        (b"\x00\x01\x02", FileKind.UNKNOWN),
    ],
    ids=lambda value: str(value)[:20],
)
def test_kinds(content, kind):
    assert sniff_bytes(content) == kind


def zip_bytes() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<!doctype html><script>alert(1)</script>", "wrong_type"),
        (b"#EXTM3U\nhttp://example.org/a.ts", "wrong_type"),
        (b"ffconcat version 1.0\nfile http://example.org/", "wrong_type"),
        (b"v=0\r\nc=IN IP4 127.0.0.1", "wrong_type"),
        (boxes(b"ftyp", extra=b"<html><script>alert(1)</script>"), "polyglot"),
        (boxes(b"ftyp", b"moov", extra=b"trailing words"), "polyglot"),
        (boxes(b"ftyp", b"moov", extra=zip_bytes()), "polyglot"),
        (b"\x00\x00\x00\x20ftypisom<html>", "polyglot"),
        (b"", "wrong_type"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_not_a_video(tmp_path, content, code):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(Problem) as caught:
        require_kind(path, VIDEO)
    assert (caught.value.status, caught.value.code) == (415, code)


def test_honest_media_pass(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(boxes(b"ftyp", b"moov", b"mdat"))
    assert require_kind(path, VIDEO) == FileKind.MP4
    path.write_bytes(wav())
    assert require_kind(path, AUDIO) == FileKind.WAV
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    assert require_kind(path, IMAGE) == FileKind.JPEG
