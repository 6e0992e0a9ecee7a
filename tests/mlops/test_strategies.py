"""How the queue chooses: the page of what was measured, and the command that plays it through on a task's own data."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from mlops.ml.labelling import STRATEGIES
from mlops.ml.sensors.dataset import load_windows
from mlops.review import strategy_figures
from tests.mlops.tiny import TinyKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two strategies on one generated set."""
    rows = [
        {
            "strategy": name, "n_labels": [20, 40], "goal": 0.8, "n_seeds": 10, "mean": [0.5, end], "low": [0.4, 0.7],
            "high": [0.6, 0.9], "needed": [need, need - 2, need + 2], "share": [need / 40, 0.4, 0.6], "reached": 9,
            "area": [0.6, 0.5, 0.7],
        }
        for name, end, need in (("random", 0.8, 40), ("spread_margin", 0.85, 20))
    ]  # fmt: skip
    path = tmp_path / "labelling.json"
    path.write_text(json.dumps([{"set": "generated", "about": "windows", "generated": True, "strategies": rows}]))
    monkeypatch.setattr(strategy_figures, "RESULT", path)
    strategy_figures._measured.cache_clear()
    yield
    strategy_figures._measured.cache_clear()


def test_the_page_shows_curves_and_what_the_queue_uses(measured, staff, client):
    client.force_login(staff)
    page = client.get(reverse("mlops:queue_strategies")).content.decode()
    assert "used by the queue" in page
    assert "20 (18 to 22)" in page
    assert "0.50 (0.40 to 0.60)" in page
    assert "With 40 labels: Random choice 0.800" in page
    assert "Generated data" in page
    assert page.count("<polyline") == 2


def test_the_strategy_of_the_queue_is_one_of_those_measured():
    assert strategy_figures.USED in STRATEGIES


def test_the_command_plays_it_through_on_a_task(kind, build, task, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(TinyKind, "load_raw", lambda _, folder, part: load_windows(folder, part, raw=True))
    with pytest.raises(CommandError, match="Build a dataset first"):
        call_command("compare_labelling", "--task", task.name)
    kind.subjects = tuple(f"p{letter}" for letter in "abcdefghij")
    build(split="subjects")
    out = tmp_path / "curves.json"
    call_command("compare_labelling", "--task", task.name, "--seeds", "1", "--rounds", "1", "--json", str(out))
    told = capsys.readouterr().out
    assert "Random choice reaches macro F1" in told
    assert "spread_margin:" in told
    assert {row["strategy"] for row in json.loads(out.read_text())} == set(STRATEGIES)
