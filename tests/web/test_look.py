"""What every template and script must keep, so that the strict policy holds and nothing points nowhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted(path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts)
SHEETS = sorted((ROOT / "static" / "web").rglob("*.css"))
SPRITE = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/web/icons.svg").read_text()))

FORBIDDEN_MARKUP = {
    "inline style": re.compile(r"<[^>]*\sstyle\s*=|<style", re.I),
    "inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.I),
    "hx-on or js: value": re.compile(r"\bhx-on\b|=\s*[\"']js:", re.I),
    "javascript: address": re.compile(r"javascript:", re.I),
    "inline script": re.compile(r"<script(?![^>]*(\ssrc=|application/json))[^>]*>", re.I),
}
FORBIDDEN_SCRIPT = re.compile(r"\beval\(|new Function\(|\.innerHTML\b|document\.write|setAttribute\(\"style\"")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_template_suits_the_content_policy(path: Path) -> None:
    text = path.read_text()
    assert [name for name, pattern in FORBIDDEN_MARKUP.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_script_suits_the_content_policy(path: Path) -> None:
    assert not FORBIDDEN_SCRIPT.search(path.read_text())


def test_every_named_icon_is_in_the_sprite() -> None:
    named: dict[str, str] = {}
    for path in TEMPLATES:
        text = path.read_text()
        for name in re.findall(r'web/includes/icon\.html" with name="([\w-]+)"|\bicon="([\w-]+)"', text):
            named[name[0] or name[1]] = relative(path)
        for name in re.findall(r"icons\.svg' %}#([\w-]+)", text):
            named[name] = relative(path)
    for path in SCRIPTS:
        for name in re.findall(r'\bicon(?:Button)?\("([\w-]+)"', path.read_text()):
            named[name] = relative(path)
    assert {name: where for name, where in named.items() if name not in SPRITE} == {}


def test_navigation_icons_are_in_the_sprite() -> None:
    from web.registries import nav

    assert {entry.icon for entry in nav._entries} <= SPRITE


def test_imports_of_modules_and_sheets_exist() -> None:
    missing = []
    for path in [*SCRIPTS, *SHEETS]:
        pattern = r'@import url\("([^"]+)"\)' if path.suffix == ".css" else r'(?:from|import) "(\.[^"]+)"'
        code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        for target in re.findall(pattern, code):
            if not (path.parent / target).resolve().is_file():
                missing.append(f"{relative(path)} → {target}")
    assert missing == []


def test_vendored_code_has_version_and_licence() -> None:
    vendor = ROOT / "static" / "vendor"
    table = (vendor / "README.md").read_text()
    for folder in sorted(path for path in vendor.iterdir() if path.is_dir()):
        assert f"`{folder.name}/`" in table, f"{folder.name} is not in README.md"
        assert list(folder.glob("LICENSE*")), f"{folder.name} has no licence file"


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_landmarks_of_a_template_have_names_of_their_own(path: Path) -> None:
    """Two landmarks of one name cannot be told apart by ear (axe: landmark-unique)."""
    text = re.sub(r'{% translate "([^"]*)"[^%]*%}', r"\1", path.read_text())
    text = re.sub(r"{% blocktranslate.*?%}(.*?){% endblocktranslate %}", r"\1", text)
    headings = dict(re.findall(r'<h\d[^>]* id="([^"]+)"[^>]*>([^<]+)<', text))
    named = [headings.get(target, target) for target in re.findall(r'<section[^>]*aria-labelledby="([^"]+)"', text)]
    named += re.findall(r'role="region" aria-label="([^"]+)"', text)
    assert sorted(named) == sorted(set(named))


def test_a_notice_has_one_of_the_kinds_that_are_drawn() -> None:
    """`warn` is a badge's; a notice that asks for it looks like any piece of news."""
    found = {
        (relative(path), kind)
        for path in TEMPLATES
        for kind in re.findall(r'class="notice ([a-z]+)', path.read_text())
        if kind not in {"info", "success", "warning", "error", "small"}
    }
    assert found == set()
