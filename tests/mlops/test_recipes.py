"""train_all_production_models: every registered recipe, its gates, its reload, the table."""

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mlops.kinds import recipes
from mlops.ml.artifact import write_artifact
from mlops.models import ModelVersion
from mlops.registry.services.shipping import BEGIN, END
from tests.mlops.tiny import LABELS, LAYOUT, SPEC, TinyLinear, _with_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny(kind, media, monkeypatch):
    """A recipe of one tiny model; `accuracy` and `answers` can be changed before it is made."""
    facts = {"accuracy": 0.93, "nan": False}

    def make(batch):
        estimator = TinyLinear(labels=LABELS)
        estimator.facts, estimator.is_fitted = {"window_shape": [SPEC.length, 1]}, True
        estimator.weights = np.full((2, 2), np.nan if facts["nan"] else 0.1, np.float32)
        assert _with_one(np.zeros((1, 20, 1))).shape == (1, 2)

        def fill(directory):
            estimator.save(directory)
            estimator.export_onnx(directory / "model.onnx")

        manifest = {
            "kind": "tiny", "task": {"name": "made", "title": "Made", "gates": {"accuracy": 0.9}},
            "estimator": "tiny_linear", "labels": list(LABELS), "window_spec": SPEC.to_json(), "layout": LAYOUT,
            "scaler": None, "metrics": {"accuracy": facts["accuracy"], "n": 4}, "generated": True,
        }  # fmt: skip
        return [write_artifact(batch.root / "made", "tiny_linear", fill, manifest)]

    monkeypatch.setattr(recipes, "_recipes", {})
    recipes.register(recipes.Recipe("tiny", "tiny", "sine waves", make))
    return facts


def test_everything_is_made_registered_and_reloaded(tiny, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    call_command("train_all_production_models", "--readme", str(readme))
    version = ModelVersion.objects.get()
    assert version.aliases.get().name == "champion"
    text = readme.read_text()
    assert "| Made (`made`, tiny_linear) | 1 | accuracy 93.0 % | accuracy ≥ 0.9: 0.930 ✓ | sine waves |" in text
    assert "old" not in text
    assert text.startswith("before")
    assert text.endswith("after\n")
    assert "made v1: answers" in capsys.readouterr().out


@pytest.mark.parametrize("change", [{"accuracy": 0.5}, {"nan": True}])
def test_any_miss_ends_with_one(tiny, tmp_path, change, capsys):
    tiny.update(change)
    with pytest.raises(SystemExit) as ended:
        call_command("train_all_production_models", "--no-table")
    assert ended.value.code == 1
    assert ("failed its gate" in capsys.readouterr().err) == ("accuracy" in change)


def test_an_unknown_name(tiny):
    with pytest.raises(CommandError, match="Unknown recipe"):
        call_command("train_all_production_models", "--only", "nothing")


def test_the_models_that_ship_answer(media, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\n{END}\n")
    call_command("train_all_production_models", "--shipped", "--readme", str(readme))
    text = readme.read_text()
    for task in ("`exercise`", "`exercise-imu6`", "`movement-phase`", "`burnout-curve`"):
        assert task in text
    assert "✗" not in text
