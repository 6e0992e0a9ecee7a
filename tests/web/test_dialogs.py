"""Dialogs: both buttons say what they do, in every template."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
TAG = re.compile(r"<(?:form|button|a)\b(?:[^>{]|\{[{%].*?[%}]\})*>", re.S)


def plain(markup: str) -> str:
    """As people read it: what is translated stands as it is, other tags say nothing, a value is "…"."""
    said = re.sub(r'\{%\s*translate\s+"([^"]*)"\s*%\}', r"\1", markup)
    return re.sub(r"\{\{.*?\}\}", "…", re.sub(r"\{%.*?%\}", "", said, flags=re.S), flags=re.S)


ASKING = [
    (path.relative_to(TEMPLATES).as_posix(), tag)
    for path in sorted(TEMPLATES.rglob("*.html"))
    for tag in TAG.findall(path.read_text("utf-8"))
    if "data-confirm=" in tag or "hx-confirm" in tag
]


def test_they_are_found():
    assert len(ASKING) >= 15


@pytest.mark.parametrize(("path", "tag"), ASKING)
def test_both_buttons_say_what_they_do(path, tag):
    for name in ("data-confirm-button", "data-confirm-keep"):
        said = re.findall(rf'{name}="([^"]*)"', plain(tag))
        assert len(said) == plain(tag).count("data-confirm="), f"{path} leaves {name} unsaid"
        for words in said:
            assert words.strip(), f"{path} leaves {name} unsaid"
            assert "ancel" not in words, f"{path}: say what the button does"
            assert words.lower() not in ("ok", "yes", "no", "go on", "continue"), f"{path}: say what the button does"


def test_no_dialog_offers_to_cancel():
    for path in sorted(TEMPLATES.rglob("*.html")):
        for dialog in re.findall(r"<dialog\b.*?</dialog>", path.read_text("utf-8"), re.S):
            assert not re.search(r">\s*Cancel\s*<", plain(dialog)), path
    assert "Cancel" not in (Path(settings.BASE_DIR) / "static/web/dialog.js").read_text("utf-8")
