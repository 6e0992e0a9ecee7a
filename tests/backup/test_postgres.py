"""The same on PostgreSQL: with FITBALANCE_TEST_KEEP_DATABASE_URL=1 and DATABASE_URL on a server that may be used."""

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from tests.backup.site import OwnSite, site_make
from web.services.backup import databases
from web.services.backup.packing import verify

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="DATABASE_URL names no PostgreSQL server")
NAME = "fitbalance_backup"


@pytest.fixture(scope="module")
def pg(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any, django_db_setup: None) -> OwnSite:
    return site_make(tmp_path_factory.mktemp("pg") / "var", django_db_blocker, NAME)


@pytest.mark.parametrize("form", ["b", "b.tar.gz"])
def test_a_destroyed_site_comes_back(form: str, pg: OwnSite, tmp_path: Path) -> None:
    before = pg.rows(), pg.files()
    pg.manage("backup", str(tmp_path / form))
    assert verify(tmp_path / form).engine == "postgresql"
    _empty(pg)
    shutil.rmtree(pg.var)
    pg.var.mkdir()
    said = pg.manage("restore", str(tmp_path / form))
    assert "Restored" in said
    assert (pg.rows(), pg.files()) == before
    with pg.opened():
        from accounts.models import User

        User.objects.create(username=f"new-{form}", email=f"{form}@example.org")  # sequences go on where they were


def test_tables_that_came_later_go_with_the_rest(pg: OwnSite, tmp_path: Path) -> None:
    pg.manage("backup", str(tmp_path / "b.tar"))
    before = pg.rows()
    with pg.opened(), connections["default"].cursor() as cursor:
        cursor.execute("create table tomorrow (id serial primary key, who bigint references accounts_user (id))")
        cursor.execute("delete from accounts_auditevent")
    assert "--replace" in pg.manage("restore", str(tmp_path / "b.tar"), code=1)
    pg.manage("restore", str(tmp_path / "b.tar"), "--replace")
    assert pg.rows() == before


def test_while_others_write_rows_and_names_are_of_one_moment(pg: OwnSite, tmp_path: Path) -> None:
    """Every committed pair is whole in the copy."""
    import psycopg

    with pg.opened(), connections["default"].cursor() as cursor:
        cursor.execute("create table pair (name text primary key, n int); insert into pair values ('a', 0), ('b', 0)")
    stop, begun = threading.Event(), threading.Event()
    url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{NAME}"

    def write() -> None:
        with psycopg.connect(url) as own:
            while not stop.is_set():
                for name in "ab":
                    own.execute("update pair set n = n + 1 where name = %s", (name,))
                own.commit()
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(30)
        pg.manage("backup", str(tmp_path / "b"))
        assert "in use" in pg.manage("restore", str(tmp_path / "b"), "--replace", code=1)
    finally:
        stop.set()
        writer.join()
    pg.manage("restore", str(tmp_path / "b"), "--replace")
    with pg.opened(), connections["default"].cursor() as cursor:
        cursor.execute("select distinct n from pair")
        found = cursor.fetchall()
        cursor.execute("drop table pair")
    assert len(found) == 1
    assert found[0][0] > 0


def test_a_dump_that_cannot_be_restored_changes_nothing(pg: OwnSite, tmp_path: Path, monkeypatch: Any) -> None:
    pg.manage("backup", str(tmp_path / "b"))
    before = pg.rows(), pg.files()
    real = databases._run

    def failing(program: str, *arguments: str, **more: Any) -> None:
        if program == "psql":
            sql = Path(arguments[-1].removeprefix("--file="))
            sql.write_text(sql.read_text() + "\nselect 1 / 0;\n")
        real(program, *arguments, **more)

    monkeypatch.setattr(databases, "_run", failing)
    assert "division by zero" in pg.manage("restore", str(tmp_path / "b"), "--replace", code=1)
    assert (pg.rows(), pg.files()) == before
    assert {path.name for path in pg.var.iterdir()} == {"files", "site.lock"}


def test_without_its_programs_it_says_what_to_install(pg: OwnSite, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "postgresql-client" in pg.manage("backup", str(tmp_path / "b"), code=1)
    assert list(tmp_path.iterdir()) == []


def _empty(site: OwnSite) -> None:
    with site.opened(), connections["default"].cursor() as cursor:
        for table in connections["default"].introspection.table_names(cursor):
            cursor.execute(f'drop table "{table}" cascade')
