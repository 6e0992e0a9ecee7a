"""Scripts travel packed, and never from another version."""

import gzip

from fitbalance.static_files import STAMP, is_packed, pack


def test_packed_once_and_again_when_the_sources_change(tmp_path, settings):
    base = tmp_path / "site"
    (base / "static").mkdir(parents=True)
    (base / "constraints.txt").write_text("a==1\n")
    script = base / "static/page.js"
    script.write_text("export const words = 1;\n" * 200)
    settings.BASE_DIR, settings.STATIC_ROOT = base, tmp_path / "packed"
    settings.STATICFILES_DIRS, settings.STATICFILES_FINDERS = [base / "static"], [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]
    assert not is_packed(settings.STATIC_ROOT, base)
    assert pack()
    assert is_packed(settings.STATIC_ROOT, base)
    assert not pack()
    packed = settings.STATIC_ROOT / "page.js.gz"
    assert gzip.decompress(packed.read_bytes()) == script.read_bytes()
    assert packed.stat().st_size < script.stat().st_size / 3
    script.write_text("export const words = 2;\n" * 200)
    assert not is_packed(settings.STATIC_ROOT, base)
    assert pack()
    assert gzip.decompress(packed.read_bytes()) == script.read_bytes()
    (settings.STATIC_ROOT / STAMP).unlink()
    assert not is_packed(settings.STATIC_ROOT, base), "half a copy is none"


def test_pages_are_packed_and_answers_of_the_api_are_not(client, db):
    page = client.get("/", headers={"accept-encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    answer = client.get("/api/schema/", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in answer
