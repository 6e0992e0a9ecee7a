"""Every sentence is in the catalogues, every German one is written, and what is compiled is what is written."""

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "web" / "locale"
COPIED = (
    "accounts", "burnout", "coaching", "fitbalance", "mlops", "nutrition", "sessions", "speech", "static", "templates",
    "web",
)  # fmt: skip
ENTRY = re.compile(r'(?m)^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:"(?:[^"\\]|\\.)*"\n?)+)')


def entries(path: Path) -> dict[str, list[str]]:
    """msgid (with its context before it) → its translations; the head is left out. Raises on a fuzzy one."""
    text = re.sub(r"(?m)^#~.*$", "", path.read_text("utf-8"))
    found: dict[str, list[str]] = {}
    context, name = "", ""
    for block in text.split("\n\n"):
        assert "\n#, fuzzy" not in f"\n{block}", f"unsure: {block}"
        context = name = ""
        for kind, quoted in ENTRY.findall(f"{block}\n"):
            words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', quoted))
            if kind == "msgctxt":
                context = f"{words}|"
            elif kind == "msgid":
                name = context + words
                found[name] = []
            elif kind.startswith("msgstr"):
                found[name].append(words)
    found.pop("", None)
    return found


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogues as they would be collected now."""
    folder = tmp_path_factory.mktemp("collected")
    for name in COPIED:
        skip = shutil.ignore_patterns("__pycache__", "vendor", "champions", "*.mo", "fonts")
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    shutil.copy(ROOT / "manage.py", folder)
    shutil.copy(ROOT / "constraints.txt", folder)
    environment = {**os.environ, "FITBALANCE_VAR": str(folder / "var"), "FITBALANCE_ENV": "development"}
    environment["DJANGO_SETTINGS_MODULE"] = "fitbalance.settings"
    for more in ([], ["-d", "djangojs"]):
        subprocess.run(
            [sys.executable, "manage.py", "makemessages", "-l", "de", "-l", "tw", "--no-obsolete", "--no-wrap", *more],
            cwd=folder, env=environment, check=True, capture_output=True,
        )  # fmt: skip
    return folder / "web" / "locale"


@pytest.mark.parametrize("domain", ["django", "djangojs"])
@pytest.mark.parametrize("language", ["de", "tw"])
def test_every_sentence_is_there(collected, language, domain):
    place = f"{language}/LC_MESSAGES/{domain}.po"
    kept = set(entries(LOCALE / place))
    wanted = set(entries(_sure(collected / place)))
    assert not wanted - kept, f"run `make words`: {sorted(wanted - kept)[:5]}"
    assert not kept - wanted, f"run `make words`: {sorted(kept - wanted)[:5]} are nowhere any more"


def _sure(path: Path) -> Path:
    """What is only guessed for a new sentence does not matter here."""
    path.write_text(path.read_text().replace("#, fuzzy", "#, guessed"))
    return path


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_german_is_complete(domain):
    missing = [name for name, words in entries(LOCALE / f"de/LC_MESSAGES/{domain}.po").items() if not all(words)]
    assert not missing


@pytest.mark.parametrize("domain", ["django", "djangojs"])
@pytest.mark.parametrize("language", ["de", "tw"])
def test_what_is_compiled_is_what_is_written(language, domain, tmp_path):
    written, compiled = LOCALE / f"{language}/LC_MESSAGES/{domain}.po", tmp_path / "now.mo"
    subprocess.run(["msgfmt", "--check", "-o", str(compiled), str(written)], check=True, capture_output=True)
    with compiled.open("rb") as new, written.with_suffix(".mo").open("rb") as kept:
        now, known = gettext.GNUTranslations(new), gettext.GNUTranslations(kept)
    assert now._catalog == known._catalog, "run `make words`"
