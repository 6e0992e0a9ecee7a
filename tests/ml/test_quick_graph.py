"""The quicker layout of a model answers as the stored one does, and is used only where it does."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from mlops.ml import quick_graph
from mlops.ml.quick_graph import PiecewiseSession, quicker, rewrite
from mlops.ml.sensors.random_kernels import RandomKernelsConfig, RandomKernelsNetwork
from mlops.ml.torch_onnx import write_onnx

LENGTH = 40


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random kernels with three channels and four classes, exported as they always are."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = RandomKernelsNetwork((LENGTH, 3), 4, RandomKernelsConfig(n_dilations=3, n_biases=4))
    network.features.draw(windows(64), rng)
    folder = tmp_path_factory.mktemp("kernels")
    write_onnx(torch.nn.Sequential(network.eval(), torch.nn.Softmax(dim=1)), folder / "model.onnx", (LENGTH, 3))
    return folder / "model.onnx"


def windows(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, LENGTH, 3)).cumsum(axis=1).astype(np.float32) / 4


def session(model: Any) -> Any:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def test_it_answers_as_the_stored_model_does(stored):
    quick = rewrite(stored.read_bytes())
    assert quick is not None
    x = windows(21, seed=1)
    expected = session(str(stored)).run(None, {"input": x})[0]
    (found,) = session(quick).run(["probabilities"], {"input": x})
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert expected.std(axis=0).min() > 1e-3, "the windows tell the classes apart, or nothing was shown"
    pieces = PiecewiseSession(session(quick), piece=4).run(["probabilities"], {"input": x})[0]
    np.testing.assert_allclose(pieces, expected, atol=1e-5)


def test_it_holds_none_of_the_slow_steps(stored):
    import onnx

    steps = [node.op_type for node in onnx.load_model_from_string(rewrite(stored.read_bytes())).graph.node]
    assert steps.count("GlobalAveragePool") == 2 * 2 * 4, "two views, two distances, four biases"
    assert "Gather" not in steps
    assert steps.count("Sub") == 4, "the two views, spread and change, once a channel"


def test_it_is_used_only_where_it_answers_alike_and_is_quicker(stored, monkeypatch):
    given, options = session(str(stored)), onnxruntime.SessionOptions()
    monkeypatch.setattr(quick_graph, "QUICKER", 1e9)
    assert isinstance(quicker(stored, given, options), PiecewiseSession)
    monkeypatch.setattr(quick_graph, "QUICKER", 0.0)
    assert quicker(stored, given, options) is given
    monkeypatch.setattr(quick_graph, "QUICKER", 1e9)
    monkeypatch.setattr(quick_graph, "SAME", -1.0)
    assert quicker(stored, given, options) is given


def test_other_models_stay_as_they_are(tmp_path):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(LENGTH * 3, 4), torch.nn.Softmax(dim=1))
    write_onnx(network, tmp_path / "model.onnx", (LENGTH, 3))
    assert rewrite((tmp_path / "model.onnx").read_bytes()) is None
    given = session(str(tmp_path / "model.onnx"))
    assert quicker(tmp_path / "model.onnx", given, onnxruntime.SessionOptions()) is given
