"""What is written is its owner's alone, in every entry point."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fitbalance import private
from tests.e2e.site import ROOT

AFTER = "open(os.environ['FITBALANCE_VAR'] + '/made', 'w').close(); os.mkdir(os.environ['FITBALANCE_VAR'] + '/folder')"
ENTRIES = {
    "manage.py": "sys.argv = ['manage.py', 'version']; runpy.run_path('manage.py', run_name='__main__')",
    "asgi": "import fitbalance.asgi",
    "serve": "from fitbalance import serve; import fitbalance.asgi",
    "supervise": "from fitbalance import supervise; supervise.programs(8000, '127.0.0.1')",
    "worker": "import django; django.setup(); import mlops.management.commands.worker",
    "models": "import django; django.setup(); import mlops.management.commands.serve_models",
}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_point_writes_for_its_owner_alone(tmp_path: Path, entry: str) -> None:
    var = tmp_path / "var"
    code = f"import os, runpy, sys; os.umask(0)\n{ENTRIES[entry]}\n{AFTER}"
    if entry == "manage.py":
        code = code.replace("runpy.run_path", "import contextlib\nwith contextlib.suppress(SystemExit): runpy.run_path")
        code = code.replace("; import contextlib", "\nimport contextlib")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FITBALANCE")}
    environment |= {"FITBALANCE_VAR": str(var), "DJANGO_SETTINGS_MODULE": "fitbalance.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert mode(var) == 0o700
    assert mode(var / "made") == 0o600
    assert mode(var / "folder") == 0o700


def test_stored_files_are_closed_too(settings, tmp_path: Path) -> None:
    from django.core.files.base import ContentFile
    from django.core.files.storage import FileSystemStorage

    storage = FileSystemStorage(location=tmp_path / "files")
    name = storage.save("people/scan.csv", ContentFile(b"1"))
    assert mode(Path(storage.path(name))) == 0o600
    assert mode(Path(storage.path("people"))) == 0o700


def test_what_was_open_is_closed_and_said(tmp_path: Path, settings, capsys) -> None:
    var = tmp_path / "var"
    (var / "files").mkdir(parents=True)
    (var / "db.sqlite3").write_text("x")
    (var / "db.sqlite3").chmod(0o644)
    (var / "files").chmod(0o755)
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (var / "link").symlink_to(outside)
    var.chmod(0o755)
    private.begin(var)
    assert "was open to other users" in capsys.readouterr().err
    assert mode(var) == 0o700
    settings.VAR_DIR = var
    said: list[str] = []
    private.tighten_all_beside(said.append).join()
    assert mode(var / "db.sqlite3") == 0o600
    assert mode(var / "files") == 0o700
    assert mode(outside) == 0o644, "a link is not followed"
    assert said == [f"2 files and folders in {var} were open to other users; now they are not"]
    private.tighten_all_beside(said.append).join()
    assert len(said) == 1


def test_a_folder_of_everybody_keeps_its_rights(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "theirs").write_text("x")
    (shared / "theirs").chmod(0o644)
    private.begin(shared)
    assert private.tighten_all(shared) == (0, [])
    assert mode(shared) == 0o1777
    assert mode(shared / "theirs") == 0o644
