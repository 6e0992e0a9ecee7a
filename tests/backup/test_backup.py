"""Making a backup of a site that is used meanwhile: whole or not at all, and it says what is missing."""

import errno
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.backup.site import OwnSite
from web.services.backup import databases, making, packing
from web.services.backup.manifest import BackupRefused
from web.services.backup.packing import verify

WRITER = """
import sqlite3, sys, time
file = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
n = 0
while True:
    n += 1
    file.execute("begin immediate")
    file.execute("update pair set n = ?, filling = ? where name = 'a'", (n, "x" * (n % 5000)))
    file.execute("update pair set n = ?, filling = ? where name = 'b'", (n, "y" * (n % 7000)))
    file.execute("commit")
    if n == 1:
        print("ready", flush=True)
    time.sleep(0.001)
"""


@pytest.fixture
def one_connection(monkeypatch) -> None:
    """Django's tests allow no second one: the copy is asked by the first."""
    monkeypatch.setattr(databases, "_opened", lambda path: nullcontext("default"))


def test_a_backup_holds_everything_and_only_its_owner_reads_it(made: OwnSite, kept: Path) -> None:
    manifest = verify(kept)
    files = made.files()
    assert {name.removeprefix("files/") for name in manifest.files if name.startswith("files/")} == set(files)
    assert all(manifest.files[f"files/{name}"]["sha256"] == found for name, found in files.items())
    assert manifest.lost == []
    assert manifest.engine == "sqlite"
    assert "mlops.0001_initial" in manifest.migrations
    assert json.loads((kept / "secrets.json").read_text())["SECRET_KEY"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in [kept, *kept.rglob("*")])


def test_a_tar_holds_the_same(kept: Path, kept_tar: Path) -> None:
    one, other = verify(kept), verify(kept_tar)
    moving = "secrets.json", one.database
    assert {name: facts for name, facts in one.files.items() if name not in moving} == {
        name: facts for name, facts in other.files.items() if name not in moving
    }
    assert kept_tar.stat().st_mode & 0o077 == 0
    assert kept_tar.read_bytes()[:2] == b"\x1f\x8b"


def test_verify_says_what_there_is(made: OwnSite, kept_tar: Path) -> None:
    said = made.manage("backup", str(kept_tar), "--verify")
    assert "All hashes match." in said


def test_a_backup_never_overwrites_and_never_lies_among_the_files(made: OwnSite, kept: Path, tmp_path: Path) -> None:
    assert "never overwritten" in made.manage("backup", str(kept), code=1)
    assert "part of the next one" in made.manage("backup", str(made.var / "files" / "mine"), code=1)
    assert "does not exist" in made.manage("backup", str(tmp_path / "none" / "b.tar"), code=1)


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
def test_while_others_write_a_backup_is_one_moment(site: OwnSite, tmp_path: Path, name: str) -> None:
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    with sqlite3.connect(site.database) as file:
        file.execute("pragma journal_mode=wal")
        file.execute("create table pair (name text primary key, n integer, filling text)")
        file.execute("insert into pair values ('a', 0, ''), ('b', 0, '')")
    writers = [site.start(str(script), str(site.database)) for _ in range(2)]
    try:
        assert [writer.stdout.readline() for writer in writers] == [b"ready\n"] * 2
        site.manage("backup", str(tmp_path / name))
        assert all(writer.poll() is None for writer in writers), "a writer was locked out"
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    staged = tmp_path / "staged"
    verify(tmp_path / name, into=staged)
    with sqlite3.connect(staged / "database.sqlite3") as file:
        counts = dict(file.execute("select name, n from pair"))
        assert file.execute("pragma integrity_check").fetchone() == ("ok",)
    assert counts["a"] == counts["b"] > 0


def test_a_file_that_the_database_names_and_nobody_has_is_said(site: OwnSite, tmp_path: Path) -> None:
    gone = next((site.var / "files" / "recordings").rglob("samples.parquet"))
    gone.unlink()
    said = site.manage("backup", str(tmp_path / "b"), code=1)
    assert "refers to missing files: 1: recordings/" in said
    assert gone.relative_to(site.var / "files").as_posix() in said
    assert "refers to missing files" in site.manage("backup", str(tmp_path / "b"), "--verify", code=1)


def test_a_killed_backup_leaves_nothing_at_the_name(site: OwnSite, tmp_path: Path) -> None:
    big = site.var / "files" / "uploads" / "big.part"
    big.parent.mkdir(exist_ok=True)
    with big.open("wb") as file:
        file.truncate(1_000_000_000)
    target, partial = tmp_path / "b.tar", tmp_path / ".b.tar.partial"
    running = site.start("manage.py", "backup", str(target))
    deadline = time.monotonic() + 60
    while not (partial / "made").exists() or (partial / "made").stat().st_size < 30_000_000:
        assert time.monotonic() < deadline
        assert running.poll() is None
        time.sleep(0.01)
    assert "Another backup" in site.manage("backup", str(target), code=1)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not target.exists()
    big.unlink()
    site.manage("backup", str(target))
    verify(target)
    assert not partial.exists()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_full_disk_leaves_nothing(site: OwnSite, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.system(f"mount -t tmpfs -o size=1m tmpfs {disk} 2>/dev/null"):
        pytest.skip("no disk may be mounted here")
    try:
        for name in ("b", "b.tar"):
            said = site.manage("backup", str(disk / name), code=1)
            assert "full" in said
            assert list(disk.iterdir()) == []
    finally:
        os.system(f"umount {disk}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("name", ["b", "b.tar.gz"])
def test_a_full_disk_at_any_write_leaves_nothing(name: str, settings, tmp_path: Path, monkeypatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    (tmp_path / "files" / "recordings").mkdir(parents=True)
    (tmp_path / "files" / "recordings" / "a").write_bytes(b"x" * 1000)
    (tmp_path / "target").mkdir()
    for kind in (packing.FolderSink, packing.TarSink):

        def full(self, name, stream, size, put=kind.put):
            if name.startswith("files/"):
                raise OSError(errno.ENOSPC, "No space left on device")
            put(self, name, stream, size)

        monkeypatch.setattr(kind, "put", full)
    with pytest.raises(OSError, match="No space"):
        making.backup_make(tmp_path / "target" / name)
    assert list((tmp_path / "target").iterdir()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_connection")
def test_files_that_vanish_or_grow_meanwhile(settings, tmp_path: Path, monkeypatch, athlete_user) -> None:
    """One grows, one is deleted with its row; what is half-written and checkpoints stay out."""
    from datetime import timedelta

    from django.utils import timezone

    from web.models import Upload

    media = settings.MEDIA_ROOT = tmp_path / "files"
    (media / "uploads").mkdir(parents=True)
    for name in (".half.partial/x", "checkpoints/job/y", "models/.z.partial/w"):
        (media / name).parent.mkdir(parents=True, exist_ok=True)
        (media / name).write_bytes(b"no")
    facts = {"size": 5, "part_bytes": 5, "n_parts": 1, "expires_at": timezone.now() + timedelta(hours=1)}
    rows = [Upload.objects.create(owner=athlete_user, filename="a", state="ready", **facts) for _ in range(2)]
    names = [f"uploads/{row.pk}.part" for row in rows]
    paths = [media / name for name in names]
    for path in paths:
        path.write_bytes(b"12345")
    stored = making._stored

    def meanwhile(folder):
        found = list(stored(folder))
        rows[0].delete()
        paths[0].unlink()
        yield from found
        with paths[1].open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(making, "_stored", meanwhile)
    done = making.backup_make(tmp_path / "b.tar")
    assert done.vanished == names[:1]
    assert done.manifest.lost == []
    found = [name for name in verify(tmp_path / "b.tar").files if name.startswith("files/")]
    assert found == [f"files/{names[1]}"]


@pytest.mark.parametrize("inside", ["database.sqlite3", "secrets.json", "manifest.json", "manifest.sha256", "a file"])
def test_one_flipped_bit_is_found(backup: Path, inside: str) -> None:
    path = next((backup / "files").rglob("*.safetensors")) if inside == "a file" else backup / inside
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(BackupRefused, match=r"altered|cannot be read"):
        verify(backup)


def test_flipped_bits_in_a_packed_file_are_found(kept_tar: Path, tmp_path: Path) -> None:
    raw = kept_tar.read_bytes()
    for at in range(20, len(raw) - 8, len(raw) // 12):
        damaged = tmp_path / "damaged.tar.gz"
        damaged.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(BackupRefused):
            verify(damaged)
    damaged.write_bytes(raw[: len(raw) * 2 // 3])
    with pytest.raises(BackupRefused):
        verify(damaged)


def test_missing_added_and_strange_files_are_found(backup: Path, tmp_path: Path) -> None:
    gone = next((backup / "files").rglob("*.parquet"))
    kept = gone.read_bytes()
    gone.unlink()
    with pytest.raises(BackupRefused, match="missing"):
        verify(backup)
    gone.write_bytes(kept)
    (backup / "files" / "more").write_bytes(b"x")
    with pytest.raises(BackupRefused, match="not in its list"):
        verify(backup)
    (backup / "files" / "more").unlink()
    (backup / "files" / "link").symlink_to("/etc/passwd")
    with pytest.raises(BackupRefused, match="plain files"):
        verify(backup)
    shutil.rmtree(backup)
    with pytest.raises(BackupRefused, match="does not exist"):
        verify(backup)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackupRefused, match="not a backup"):
        verify(tmp_path / "empty")
