"""Looking at pages: follow the links of a role, see each page once on a desktop and on a phone in the dark.

A page is loaded once; then only the window and the colours change, so that a look costs no second answer of the
site. What a page is made of is remembered over all roles: one that holds nothing new (the same kinds of elements,
none of them for the first time twice) is visited, but not examined again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Page

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
Look = tuple[str, Any, Any]
LOOKS: tuple[Look, ...] = (("desktop", DESKTOP, "light"), ("phone, dark", PHONE, "dark"))
ALL_LOOKS: tuple[Look, ...] = (*LOOKS, ("desktop, dark", DESKTOP, "dark"))
SKIP = re.compile(
    r"/(admin|accounts/logout|api)/|/download|/folder/|/export|/sample-file|/original|\.(csv|json|parquet|zip|md|png)$"
)
KEEP = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|/\d+/|(?<=/tasks/)[\w-]+|(?<=invitations/)[\w-]+")
MOST_OF_A_KIND = 2
"""Pages of one pattern that are visited because of a link; those that are given by name are visited all."""
MOST = 120

WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [...document.querySelectorAll(".tablebox")]
    .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
    .map((box) => box.getAttribute("aria-label") ?? box.className);
}"""
"""Tables of which a phone shows some columns only."""
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
EXAMINE = """() => axe.run({preload: false, resultTypes: ["violations"]}).then(({violations}) => violations.map(
  ({id, impact, nodes}) => `${id} (${impact}) ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`
))"""
"""Its own preloading trips over the content policy. Only what is wrong comes back: the rest would be megabytes."""
SETTLE = """() => document.getAnimations().forEach((one) => one instanceof CSSTransition && one.finish())"""
"""Colours that fade from light to dark would be examined half way."""
PARTS = """() => [...document.querySelectorAll("main, main *")].map((node) => [
  node.tagName, node.getAttribute("class"), node.getAttribute("role"), node.getAttribute("type"),
  node.getAttribute("aria-label"), node.hidden, node.disabled,
].join(" "))"""
LINKS = "() => [...document.querySelectorAll('a[href]')].map((link) => link.href)"


def pattern_of(path: str) -> str:
    """One name per kind of page: identifiers are folded, filters are left out."""
    return KEEP.sub("ID", path.split("?")[0])


class Eyes:
    """What was seen so far, by whomever."""

    def __init__(self) -> None:
        self._known: dict[str, Counter[str]] = {}

    def walk(self, page: Page, paths: Iterable[str]) -> tuple[list[str], list[str]]:
        """Visit `paths` and what they link to; returns (addresses visited, what is wrong with them)."""
        given = dict.fromkeys(paths)
        queue, kinds, faults = list(given), Counter[str](), list[str]()
        visited: dict[str, None] = {}
        while queue:
            path = queue.pop(0)
            kind = pattern_of(path)
            if path in visited or (path not in given and kinds[kind] >= MOST_OF_A_KIND):
                continue
            answer = page.goto(path)
            assert answer is not None
            assert answer.status < 400, f"{path} → {answer.status}"
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            kinds[kind] += 1
            visited[path] = None
            assert len(visited) <= MOST, "more pages than anybody would look at"
            base = urlsplit(page.url).netloc
            for href in page.evaluate(LINKS):
                link = urlsplit(href)
                if link.netloc == base and not SKIP.search(link.path):
                    queue.append(link.path)
            faults += self.look(page, path)
        return list(visited), faults

    def look(self, page: Page, path: str, looks: Sequence[Look] = LOOKS) -> list[str]:
        """What is wrong with the page that is open, in each look; nothing where it shows nothing new."""
        parts = Counter({part: min(n, 2) for part, n in Counter(page.evaluate(PARTS)).items()})
        known = self._known.setdefault(pattern_of(path), Counter())
        if parts <= known:
            return []
        known |= parts
        faults = []
        page.evaluate(AXE)
        for look, size, scheme in looks:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.evaluate(SETTLE)
            if (extra := page.evaluate(WIDER)) > 1:
                faults.append(f"{look}: {path} is {extra} px wider than the screen")
            if size is PHONE:
                faults += [f"{look}: {path}: columns of {table} are out of sight" for table in page.evaluate(CUT)]
            faults += [f"{look}: {path}: {found}" for found in page.evaluate(EXAMINE)]
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")
        return faults
