"""Real models behind the server: a network of torch from safetensors, and a registered version."""

import uuid

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mlops.ml.contract import BadArtifact
from mlops.ml.hosting.errors import ModelFailed, ModelUnavailable
from mlops.ml.hosting.host import Host, Limits
from mlops.ml.hosting.where import Where
from mlops.models import ModelVersion
from mlops.serving.services.loaders import register_defaults, version_estimate
from mlops.serving.services.versions import scorer_of, version_served
from tests.live.tiny import make_task, make_version


def network(path):
    torch.manual_seed(3)
    module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    save_file(module.state_dict(), path)
    return module.eval()


@pytest.mark.parametrize(("precision", "tolerance"), [("auto", 1e-6), ("bf16", 3e-2)])
def test_a_network_answers_as_it_does_here(own_server, precision, tolerance):
    server = own_server(MODELS_PRECISION=precision, MODELS_DEVICE="cpu")
    module = network(server.folder / "tiny.safetensors")
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    with torch.inference_mode():
        expected = module(torch.from_numpy(x)).numpy()
    client = server.client()
    assert client.answer("toy:modules", ["torch"], 30) == [False]
    found = client.answer("toy:network.tiny.safetensors", x, 120)
    np.testing.assert_allclose(found, expected, atol=tolerance)
    assert (np.abs(found - expected).max() > 1e-6) == (precision == "bf16"), "the precision that was asked for"
    assert client.answer("toy:modules", ["torch"], 30) == [True]
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        client.answer("toy:network.missing.safetensors", x, 30)


@pytest.fixture
def host():
    register_defaults()
    made = Host(Limits(), Where())
    yield made
    made.close()


def ask(host, key, inputs):
    return host.submit(key, inputs, deadline_at=host.clock() + 60).result(60)


@pytest.mark.django_db(transaction=True)
def test_a_registered_version_answers_as_its_scorer_does(host):
    version = make_version(make_task())
    served = version_served(version)
    scorer = scorer_of(served)
    windows = np.random.default_rng(0).normal(size=(5, *scorer.onnx.window_shape)).astype(np.float32)
    key = f"version:{version.pk}"
    assert np.array_equal(ask(host, key, windows), scorer.answer(windows))
    assert version_estimate(str(version.pk)) == sum(one["size"] for one in served.manifest["files"].values())
    with pytest.raises(ModelFailed) as failed:
        ask(host, key, windows[:, :3])
    assert failed.value.code == "bad_shape"


@pytest.mark.django_db(transaction=True)
def test_a_version_that_is_not_there_or_was_altered(host):
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        ask(host, f"version:{uuid.uuid4()}", [1])
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        ask(host, "version:5", [1])
    version = make_version(make_task())
    ModelVersion.objects.filter(pk=version.pk).update(artifact_hash="0" * 64)
    with pytest.raises(ModelUnavailable) as altered:
        ask(host, f"version:{version.pk}", [1])
    assert altered.value.code == BadArtifact.code
