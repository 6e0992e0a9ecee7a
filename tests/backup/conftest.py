"""One site and its backups, made once; tests that change something take copies."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.backup.site import OwnSite, site_make


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any, django_db_setup: None) -> OwnSite:
    """A site that no test changes."""
    return site_make(tmp_path_factory.mktemp("made") / "var", django_db_blocker)


@pytest.fixture(scope="session")
def kept(made: OwnSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its backup as a folder; no test changes it."""
    target = tmp_path_factory.mktemp("kept") / "backup"
    made.manage("backup", str(target))
    return target


@pytest.fixture(scope="session")
def kept_tar(made: OwnSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("kept") / "backup.tar.gz"
    made.manage("backup", str(target))
    return target


@pytest.fixture
def site(made: OwnSite, tmp_path: Path) -> OwnSite:
    """A copy of the site that a test may destroy."""
    shutil.copytree(made.var, tmp_path / "var")
    return replace(made, var=tmp_path / "var")


@pytest.fixture
def backup(kept: Path, tmp_path: Path) -> Path:
    """A copy of the backup that a test may damage."""
    return Path(shutil.copytree(kept, tmp_path / "backup"))
