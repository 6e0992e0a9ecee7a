"""How soon a page is there: first byte, largest paint, bytes of script.

python -m benchmarks.pages [--requests 60] [--json FILE]

Starts the whole site with its demo life in a temporary folder and asks each page as somebody who is signed in. First
bytes are also given as a ratio to `/version/`, which the same server answers in the same run without a database: the
ratio is what can be compared between machines. Largest paint and script bytes are those of a first visit with a
headless Chromium and an empty cache.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

PASSWORD = "fitbalance-demo"
PAGES = (
    ("athlete", "/today/"), ("athlete", "/recovery/"), ("athlete", "/workouts/"), ("athlete", "/live/"),
    ("staff", "/ml/"), ("staff", "/ml/tasks/exercise/"),
)  # fmt: skip
LARGEST = """() => new Promise((done) => {
  let paint = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) paint = one.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => done(paint), 500);
})"""
SCRIPTS = """() => performance.getEntriesByType("resource")
  .filter((one) => one.initiatorType === "script" || one.name.split("?")[0].endsWith(".js"))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


def opener(url: str, name: str) -> urllib.request.OpenerDirector:
    """A browser without a screen, signed in as one of the demo people."""
    jar = http.cookiejar.CookieJar()
    made = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    made.open(f"{url}/accounts/login/").read()
    token = next(cookie.value for cookie in jar if "csrf" in cookie.name)
    body = urllib.parse.urlencode({"login": name, "password": PASSWORD, "csrfmiddlewaretoken": token}).encode()
    made.open(urllib.request.Request(f"{url}/accounts/login/", body, {"Referer": url})).read()
    return made


def first_bytes_ms(client: urllib.request.OpenerDirector, address: str, n: int) -> list[float]:
    """Milliseconds to the headers of each answer, after one that is not counted."""
    found = []
    for _ in range(n + 1):
        began = time.perf_counter()
        with client.open(address) as answer:
            found.append((time.perf_counter() - began) * 1000)
            answer.read()
    return found[1:]


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def measure(url: str, n: int) -> list[dict[str, Any]]:
    people = {name: opener(url, name) for name in {name for name, _ in PAGES}}
    rows: list[dict[str, Any]] = []
    plain = p95(first_bytes_ms(people["athlete"], f"{url}/version/", n))
    for name, path in PAGES:
        times = first_bytes_ms(people[name], url + path, n)
        rows.append(
            {"page": path, "as": name, "p50_ms": statistics.median(times), "p95_ms": p95(times),
             "ratio": p95(times) / plain}
        )  # fmt: skip
    return rows


def look(url: str, rows: list[dict[str, Any]]) -> None:
    """Add what a first visit costs a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as run:
        browser = run.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for row in rows:
            context = browser.new_context(viewport={"width": 390, "height": 844})
            page = context.new_page()
            page.goto(f"{url}/accounts/login/")
            page.fill("input[name=login]", row["as"])
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(lambda address: "/login" not in address)
            state = context.storage_state()
            context.close()
            fresh = browser.new_context(viewport={"width": 390, "height": 844}, storage_state=state)
            page = fresh.new_page()
            page.goto(url + row["page"])
            page.wait_for_load_state("load")
            row["largest_paint_ms"] = page.evaluate(LARGEST)
            row["script_kb"] = page.evaluate(SCRIPTS) / 1000
            fresh.close()
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    from benchmarks.live_parts.site import facts
    from tests.e2e.site import start_site

    with tempfile.TemporaryDirectory() as folder:
        site = start_site(Path(folder) / "var")
        try:
            time.sleep(15)  # the first jobs of the demo life are over
            rows = measure(site.url, given.requests)
            look(site.url, rows)
        finally:
            site.stop()
    print(f"{'page':24}{'p50 ms':>8}{'p95 ms':>8}{'× /version/':>12}{'paint ms':>10}{'script kB':>11}")
    for row in rows:
        print(
            f"{row['page']:24}{row['p50_ms']:8.0f}{row['p95_ms']:8.0f}{row['ratio']:12.1f}"
            f"{row['largest_paint_ms']:10.0f}{row['script_kb']:11.0f}"
        )
    if given.json:
        given.json.write_text(json.dumps({"machine": facts(), "pages": rows}, indent=1))


if __name__ == "__main__":
    main()
