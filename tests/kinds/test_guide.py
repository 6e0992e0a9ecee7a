"""docs/adding-a-kind.md is code: its blocks are written to files, registered, trained, promoted and asked."""

import importlib
import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Role
from mlops.kinds.base import task_kind, task_kinds
from mlops.kinds.options import options_of
from mlops.models import Dataset, ModelVersion
from mlops.serving.services.versions import serving_forget
from tests.people import make_user

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-kind.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
FILES = {code.splitlines()[0].removeprefix("# "): code for language, code in BLOCKS if language == "python"}


@pytest.fixture
def walks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app of the guide, importable and registered as its AppConfig does it."""
    for name, code in FILES.items():
        path = tmp_path / name.replace("tests/", "walks_tests/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
    (tmp_path / "walks" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    config = importlib.import_module("walks.apps").WalksConfig
    config.ready(config.__new__(config))
    serving_forget()
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "walks"]:
        del sys.modules[name]


@pytest.mark.django_db
def test_from_the_first_file_to_an_answer(walks: None, api: Any) -> None:
    staff = make_user("esi", role=Role.ML_STAFF)
    client = api(staff)
    body = {"name": "walk-time", "title": "Walks", "kind": "walk_time", "input": {"surface": "road"}}
    assert client.post("/api/v1/tasks/", body, format="json").status_code == 201
    (commands,) = [code for language, code in BLOCKS if language == "bash"]
    for line in commands.splitlines():
        _, _, name, *rest = shlex.split(line)
        call_command(name, *rest, stdout=io.StringIO())
    assert [dataset.facts["split"]["how"] for dataset in Dataset.objects.order_by("created_at")] == ["each", "subjects"]
    version = ModelVersion.objects.get()
    assert version.gates["mae"]["passed"], "the limit that the kind suggests"
    assert version.run.config == {"penalty": 0.5}
    serving_forget()
    exec(compile(FILES["ask.py"], "ask.py", "exec"), {"client": client})


def test_its_tests_pass(walks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # The child process that loads models from elsewhere sees the project only, and this app lies beside it.
    monkeypatch.setattr("mlops.kinds.exchange.probe_folder", lambda *_: None)
    found: dict[str, Any] = {}
    exec(compile(FILES["tests/test_walks.py"], "test_walks.py", "exec"), found)
    found["test_the_estimator"]()
    found["test_the_kind"]()


def test_every_question_of_the_engine_is_in_the_guide() -> None:
    """Each public attribute and method of TaskKind is named, and nothing that is not there any more."""
    from mlops.kinds.base import TaskKind
    from mlops.kinds.shards import ShardKind

    guide = GUIDE.read_text("utf-8")
    asked = {name for name in {*vars(TaskKind), *TaskKind.__annotations__} if not name.startswith("_")} - {"primary"}
    missing = {name for name in asked if not re.search(rf"`{name}\b|\b{name}`", guide)}
    assert not missing, f"the guide does not tell of {', '.join(sorted(missing))}"
    tables = "".join(line for line in guide.splitlines(keepends=True) if line.startswith("| `"))
    named = set(re.findall(r"`([a-z_]+)(?:\([a-z_, ]*\))?`", "".join(row.split("|")[1] for row in tables.splitlines())))
    strange = named - asked - set(vars(ShardKind))
    assert not strange, f"the guide tells of {', '.join(sorted(strange))}, which nobody asks"


def test_the_build_options_are_told() -> None:
    from mlops.kinds.examples import BuildConfig

    guide = GUIDE.read_text("utf-8")
    assert ", ".join(option.name for option in options_of(BuildConfig)) in guide


def test_the_app_is_gone_again() -> None:
    assert "walk_time" not in [kind.name for kind in task_kinds()]
    with pytest.raises(KeyError):
        task_kind("walk_time")
