"""Private files: which may be opened, and how they are sent."""

import asyncio
import os
from pathlib import Path

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404
from django.test import RequestFactory

from web.services.files import private_open, private_path, serve_private
from web.services.tables import neutralise

pytestmark = pytest.mark.usefixtures("kept_connection")


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    (settings.MEDIA_ROOT / "recordings").mkdir(parents=True)
    (settings.MEDIA_ROOT / "recordings" / "samples.parquet").write_bytes(bytes(range(100)))
    (tmp_path / "secret").write_text("secret")
    return settings.MEDIA_ROOT


@pytest.mark.parametrize(
    "relative",
    [
        "../secret",
        "recordings/../../secret",
        "%2e%2e%2fsecret",
        "%252e%252e%252fsecret",
        "..\\secret",
        "recordings\\..\\..\\secret",
        "/etc/passwd",
        "//etc/passwd",
        "recordings/samples.parquet\x00.csv",
        "recordings/" + "a" * 300,
        "a/" * 200 + "a",
        "",
        ".",
        "..",
        "recordings/",
        "recordings//samples.parquet",
        "recordings/.hidden",
        "~/secret",
        "recordings/samples.parquet\n",
        "C:secret",
    ],
)
def test_a_path_that_leads_elsewhere_is_404(folder, relative):
    with pytest.raises(Http404):
        private_open(relative)


def test_a_symlink_is_404_wherever_it_stands(folder, tmp_path):
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "recordings" / "inside").symlink_to(folder / "recordings" / "samples.parquet")
    for relative in ("link", "linked/secret", "recordings/inside"):
        with pytest.raises(Http404):
            private_path(relative)


def test_only_plain_files_are_opened(folder):
    os.mkfifo(folder / "pipe")
    for relative in ("recordings", "pipe", "missing"):
        with pytest.raises(Http404):
            private_open(relative)
    with private_open("recordings/samples.parquet") as handle:
        assert handle.read(3) == b"\x00\x01\x02"


def serve(name="samples.parquet", inline=False, **headers):
    request = RequestFactory().get("/", headers=headers)
    return serve_private(request, "recordings/samples.parquet", download_name=name, inline=inline)


@pytest.mark.parametrize("name", ["picture.svg", "page.html", "page.xhtml", "data.xml"])
def test_active_content_is_only_ever_downloaded(folder, name):
    response = serve(name, inline=True)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    response.close()


def test_whole_file(folder):
    response = serve()
    assert b"".join(response.streaming_content) == bytes(range(100))
    assert (response.status_code, response.headers["Content-Length"]) == (200, "100")
    assert response.headers["Cache-Control"] == "private, no-store"
    response.close()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=90-", 90, 99),
        ("bytes=-5", 95, 99),
        ("bytes=10-99999", 10, 99),
        ("bytes=-999", 0, 99),
    ],
)
def test_byte_ranges(folder, asked, first, last):
    response = serve(Range=asked)
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {first}-{last}/100"
    assert b"".join(response.streaming_content) == bytes(range(first, last + 1))
    response.close()


def test_ranges_that_cannot_be_served(folder):
    assert serve(Range="bytes=100-200").status_code == 416
    assert serve(Range="bytes=9-5").status_code == 416
    for nonsense in ("bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=" + "9" * 30 + "-"):
        response = serve(Range=nonsense)
        assert response.status_code == 200
        response.close()


def test_under_asgi_a_file_is_streamed_not_collected(folder):
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    response = serve_private(ASGIRequest(scope, None), "recordings/samples.parquet", download_name="a.parquet")

    async def collect():
        return b"".join([piece async for piece in response])

    assert response.is_async
    assert asyncio.run(collect()) == bytes(range(100))
    response.close()


def test_download_names_cannot_break_the_header(folder):
    response = serve('a"; filename=evil.exe\r\nX-Bad: 1 größe.csv')
    value = response.headers["Content-Disposition"]
    assert "\r" not in value
    assert value.count('"') == 2
    assert "gr%C3%B6%C3%9Fe.csv" in value
    response.close()


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-5.2", "-5.2"),
        ("+1e-3", "+1e-3"),
        ("squat", "squat"),
        ("", ""),
        (-5.2, -5.2),
        (None, None),
        ("a=b", "a=b"),
    ],
)
def test_cells_never_become_formulas(cell, written):
    assert neutralise(cell) == written


def test_private_path_may_be_new(folder):
    assert private_path("models/new/model.onnx") == Path(folder) / "models/new/model.onnx"
