"""What operators look at, and demo life."""

from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import DatabaseError

from accounts.models import Role
from web.registries import demo, home
from web.services import health

pytestmark = pytest.mark.django_db


def test_without_redis_the_site_is_degraded_not_down(browse, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    response = browse().get("/healthz")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["redis"] == "unreachable"
    assert str(tmp_path) not in response.content.decode()


def test_without_the_database_it_is_down(browse, monkeypatch):
    def broken():
        raise DatabaseError("/secret/path")

    monkeypatch.setattr(health, "connection", SimpleNamespace(cursor=broken))
    response = browse().get("/healthz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "unreachable"
    assert "secret" not in response.content.decode()


def test_a_full_disk_is_down(browse, monkeypatch):
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: SimpleNamespace(free=1))
    assert browse().get("/healthz").json()["checks"]["disk"] == "full"


def test_home_leads_to_the_first_page_of_the_role(browse, make_user, monkeypatch):
    monkeypatch.setattr(home, "_homes", {Role.COACH: "web:version"})
    assert browse(make_user("c", role=Role.COACH)).get("/home/").url == "/version/"
    assert browse(make_user("a")).get("/home/").url == "/"
    assert "/accounts/login/" in browse().get("/home/").url


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/", "/api/docs/?script="])
def test_documentation_runs_under_the_strict_policy(browse, path):
    response = browse().get(path)
    assert response.status_code == 200
    text = response.content.decode()
    assert "cdn." not in text
    if "docs" in path and "script" not in path:
        assert "<script>" not in text


def test_demo_parts_run_in_order_and_back(monkeypatch):
    done = []

    def part(name, order):
        return demo.DemoPart(name, order, lambda say: done.append(f"+{name}"), lambda say: done.append(f"-{name}") or 2)

    monkeypatch.setattr(demo, "_parts", {"b": part("b", 2), "a": part("a", 1)})
    call_command("load_demo", stdout=StringIO())
    out = StringIO()
    call_command("remove_demo", stdout=out)
    assert done == ["+a", "+b", "-b", "-a"]
    assert "Removed 4 demo rows." in out.getvalue()
