"""Licence, notices, version and change log say what is there."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from fitbalance import __version__
from tests import notices
from tests.test_dependencies import RUN, normal

ROOT = Path(__file__).resolve().parents[1]
WRITE = "python -m tests.notices writes it"


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    assert all((ROOT / name).is_file() for name in project["license-files"])


def test_notices_name_every_browser_file_as_it_is() -> None:
    text = notices.NOTICES.read_text("utf-8")
    assert notices.browser_part() in text, WRITE
    for folder in notices.VENDOR.iterdir():
        assert folder.is_file() or f"static/vendor/{folder.name}/LICENSE" in text, folder.name


def test_notices_name_every_library_with_its_pinned_version() -> None:
    text = notices.NOTICES.read_text("utf-8")
    listed = dict(re.findall(r"^\| ([\w.-]+) \| (\d[\w.]*) \| ", text.split("## Libraries")[1], re.MULTILINE))
    pins = [line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line]
    pinned = {normal(name): version for name, _, version in pins}
    assert set(listed) >= RUN, f"{RUN - set(listed)}: {WRITE}"
    assert {name: version for name, version in listed.items() if pinned.get(name) != version} == {}, WRITE


def test_no_library_asks_for_our_source_in_return() -> None:
    """The GNU licences without L: what a site serves would have to be given under them."""
    text = notices.NOTICES.read_text("utf-8")
    assert not re.search(r"\| A?GPL|GNU (Affero )?General", text)
    assert "see its metadata" not in text


def test_the_version_has_one_source() -> None:
    from django.conf import settings

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "fitbalance.__version__"}
    assert settings.VERSION == __version__
    named = [path for path in (ROOT / "fitbalance").rglob("*.py") if f'"{__version__}"' in path.read_text("utf-8")]
    assert named == [ROOT / "fitbalance" / "__init__.py"]


def test_packaging_reads_the_version(tmp_path: Path) -> None:
    """As pip does, which runs nothing of ours for it."""
    code = "import sys, setuptools.build_meta as b; print(b.prepare_metadata_for_build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=_copy(tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    metadata = next(tmp_path.glob("*.dist-info/METADATA")).read_text()
    assert f"\nVersion: {__version__}\n" in metadata
    assert "\nLicense-Expression: Apache-2.0\n" in metadata


def _copy(folder: Path) -> Path:
    """What packaging looks at, without leaving anything in the repository."""
    copy = folder / "source"
    (copy / "fitbalance").mkdir(parents=True)
    names = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "THIRD_PARTY_NOTICES.md", "fitbalance/__init__.py")
    for name in names:
        (copy / name).write_bytes((ROOT / name).read_bytes())
    return copy


def test_the_change_log_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", text, re.MULTILINE)
    assert versions[0] == __version__
    assert versions == sorted(versions, key=lambda one: [int(part) for part in one.split(".")], reverse=True)
    assert ".".join(__version__.split(".")[:2]) in (ROOT / "SECURITY.md").read_text("utf-8")


def test_hosted_checks_call_the_projects_own_command() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())
    steps = workflow["jobs"]["suite"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_checks_before_a_commit_are_local() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert {hook["language"] for hook in hooks} == {"system"}
    check = (ROOT / "Makefile").read_text()
    for hook in hooks:
        command = hook["entry"].replace(".venv/bin/python", "$(PY)").replace(" --force-exclude", "")
        assert command in check, f"make check does not run {command}"


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "NOTICE"])
def test_files_at_the_top_lead_somewhere(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []
