"""A lost site comes back as it was; what is damaged, newer or not meant for this place is refused untouched."""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.backup.site import OwnSite
from web.services.backup import databases, restoring
from web.services.backup.manifest import MANIFEST, SEAL, seal_of
from web.services.backup.restoring import _aside

STATE = tuple[dict[str, list[str]], dict[str, str]]


def state(site: OwnSite) -> STATE:
    return site.rows(), site.files()


def rewritten(backup: Path, **facts: Any) -> None:
    """A backup that says something else of itself, in earnest."""
    raw = json.dumps({**json.loads((backup / MANIFEST).read_bytes()), **facts}).encode()
    (backup / MANIFEST).write_bytes(raw)
    (backup / SEAL).write_bytes(seal_of(raw))


@pytest.mark.parametrize("form", ["kept", "kept_tar"])
def test_a_destroyed_site_comes_back(form: str, made: OwnSite, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from accounts.models import User
    from mlops.models import Job, ModelVersion
    from mlops.registry.services.artifacts import artifact_path
    from sessions.models import Recording

    fresh = replace(made, var=tmp_path / "var")
    fresh.var.mkdir()
    said = fresh.manage("restore", str(request.getfixturevalue(form)))
    assert "Restored" in said
    assert "replaced" not in said
    assert state(fresh) == state(made)
    facts = json.loads((made.var / "facts.json").read_text())
    with fresh.opened():
        assert User.objects.get(username="ama").check_password(facts["password"])
        assert Recording.objects.exists()
        assert Job.objects.exists()
        assert all((artifact_path(version) / MANIFEST).is_file() for version in ModelVersion.objects.all())
    assert {path.name for path in fresh.var.iterdir()} == {"files", "fitbalance.sqlite3", "site.lock"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (fresh.var / "files").rglob("*"))


def test_a_site_with_data_is_replaced_only_when_asked_and_lies_aside(site: OwnSite, kept_tar: Path) -> None:
    wanted = state(site)
    with site.opened():
        from accounts.models import User

        User.objects.create(username="later")
    (site.var / "files" / "recordings" / "later").write_bytes(b"x")
    changed = state(site)
    assert "--replace" in site.manage("restore", str(kept_tar), code=1)
    assert state(site) == changed
    said = site.manage("restore", str(kept_tar), "--replace")
    assert state(site) == wanted
    lines = [line for line in said.splitlines() if "The replaced data is in " in line]
    aside = [Path(line.split(" is in ")[1].split(". Delete")[0]) for line in lines]
    assert len(aside) == 2
    with sqlite3.connect(aside[0] / "fitbalance.sqlite3") as file:
        assert file.execute("select count(*) from accounts_user where username = 'later'").fetchone() == (1,)
    assert (aside[1] / "recordings" / "later").read_bytes() == b"x"


@pytest.mark.parametrize("harm", ["bit", "missing", "added", "cut"])
def test_a_damaged_backup_touches_nothing(
    harm: str, site: OwnSite, backup: Path, kept_tar: Path, tmp_path: Path
) -> None:
    before = state(site)
    source = backup
    victim = next((backup / "files").rglob("*.parquet"))
    if harm == "bit":
        raw = victim.read_bytes()
        victim.write_bytes(raw[:9] + bytes([raw[9] ^ 4]) + raw[10:])
    elif harm == "missing":
        victim.unlink()
    elif harm == "added":
        (backup / "files" / "models" / "evil.json").write_text("{}")
    else:
        source = tmp_path / "cut.tar.gz"
        source.write_bytes(kept_tar.read_bytes()[:-5000])
    said = site.manage("restore", str(source), "--replace", code=1)
    assert "damaged" in said or "cannot be read" in said or "it is incomplete" in said
    assert state(site) == before
    assert not list(site.var.glob("replaced-*"))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"version": "9.0.0"}, "Update first"),
        ({"migrations": ["mlops.9999_from_tomorrow"]}, "newer than this program"),
        ({"engine": "oracle"}, "see DATABASE_URL"),
        ({"format": 2}, "format 2"),
        ({"database": "../../etc/passwd"}, "invalid file name"),
    ],
)
def test_what_does_not_fit_is_refused(facts: dict[str, Any], words: str, site: OwnSite, backup: Path) -> None:
    rewritten(backup, **facts)
    before = site.files()
    assert words in site.manage("restore", str(backup), "--replace", code=1)
    assert site.files() == before


def test_an_older_backup_is_migrated(made: OwnSite, backup: Path, tmp_path: Path) -> None:
    """The tables as they were before an app's last migration, as an older version leaves them."""
    old = replace(made, var=tmp_path / "old")
    old.var.mkdir()
    old.manage("restore", str(backup))
    rows = old.rows()
    with old.opened():
        from django.db.migrations.loader import MigrationLoader

        loader = MigrationLoader(None)
        app, last = next(key for key in loader.graph.leaf_nodes("workouts"))
        (before,) = [key[1] for key in loader.graph.nodes[app, last].dependencies if key[0] == app] or ["zero"]
    old.manage("migrate", app, before, "--verbosity=0")
    older = tmp_path / "older.tar"
    old.manage("backup", str(older))
    fresh = replace(made, var=tmp_path / "fresh")
    fresh.var.mkdir()
    fresh.manage("restore", str(older))
    assert {name: len(found) for name, found in fresh.rows().items()} == {n: len(found) for n, found in rows.items()}
    with fresh.opened():
        assert f"{app}.{last}" in databases.applied()


def test_a_site_in_use_is_left_alone(site: OwnSite, backup: Path) -> None:
    before = site.files()
    with sqlite3.connect(site.database) as other:
        other.execute("pragma journal_mode=wal")
        other.execute("select count(*) from accounts_user").fetchone()
        assert "in use" in site.manage("restore", str(backup), "--replace", code=1)
    other.close()
    assert site.files() == before


def test_a_running_site_is_left_alone(site: OwnSite, backup: Path) -> None:
    """Every program of a site holds its lock; see tests of the supervisor."""
    from fitbalance import one_site

    lock = one_site.take(site.var)
    lock.share()
    before = state(site)
    assert "The site is running" in site.manage("restore", str(backup), "--replace", code=1)
    assert state(site) == before
    lock.release()
    site.manage("restore", str(backup), "--replace")


def test_an_interrupted_restore_is_known_and_ends_with_the_next(
    site: OwnSite, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = state(site)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_swap", killed)
        with site.opened(), pytest.raises(KeyboardInterrupt):
            restoring.backup_restore(backup, replace=True)
    with site.opened():
        assert "was interrupted" in restoring.unfinished()
    starting = site.start("-m", "fitbalance.supervise", "--prepare-only")
    said = starting.communicate(timeout=120)[0].decode()
    assert starting.returncode == 1
    assert "does not start" in said
    assert "--replace" in site.manage("restore", str(backup), code=1)
    site.manage("restore", str(backup), "--replace")
    assert state(site) == wanted
    with site.opened():
        assert restoring.unfinished() == ""


def test_a_full_disk_while_unpacking_touches_nothing(
    site: OwnSite, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(site)

    def full(source: Path, *, into: Path | None = None, real: Any = restoring.verify) -> Any:
        if into is not None:
            (into / "half").write_bytes(b"x")
            raise OSError(28, "No space left on device")
        return real(source)

    monkeypatch.setattr(restoring, "verify", full)
    assert "No space left" in site.manage("restore", str(backup), "--replace", code=1)
    assert state(site) == before
    assert not (site.var / "files" / ".restoring").exists()
    with site.opened():
        assert restoring.unfinished() == ""


def test_other_keys_and_lost_files_are_said(site: OwnSite, backup: Path, tmp_path: Path, settings: Any) -> None:
    gone = next((site.var / "files" / "recordings").rglob("samples.parquet"))
    gone.unlink()
    site.manage("backup", str(tmp_path / "b"), code=1)
    shutil.rmtree(site.var)
    site.var.mkdir()
    settings.SECRET_KEY = "another"
    said = site.manage("restore", str(tmp_path / "b"), code=1)
    assert "SECRET_KEY differs" in said
    assert f"recordings/{gone.parent.name}/samples.parquet" in said
    assert len(site.rows()["accounts_user"]) > 3


def test_two_restores_within_a_second_do_not_meet(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    first, second = _aside(tmp_path, media), _aside(tmp_path, media)
    assert not set(first) & set(second)
    assert all(folder.is_dir() for folder in (*first, *second))
