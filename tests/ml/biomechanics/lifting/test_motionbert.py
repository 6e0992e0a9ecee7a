"""MotionBERT-Lite: its size and names, its mathematics against a plain version, and how published weights load."""

import math
import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mlops.ml.biomechanics.lifting.checkpoint import load_network
from mlops.ml.biomechanics.lifting.motionbert import DSTformer, MotionConfig
from mlops.ml.contract import BadArtifact, UnsafeFormat
from mlops.ml.convert import convert_weights

SMALL = MotionConfig(width=8, representation=12, depth=2, n_heads=2, mlp_ratio=2, max_length=9)
NAMES = re.compile(
    r"temp_embed|pos_embed|joints_embed\.(weight|bias)|ts_attn\.[0-4]\.(weight|bias)|norm\.(weight|bias)"
    r"|pre_logits\.fc\.(weight|bias)|head\.(weight|bias)"
    r"|blocks_(st|ts)\.[0-4]\.(norm[12]_[st]|attn_[st]\.(qkv|proj)|mlp_[st]\.fc[12])\.(weight|bias)"
)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return DSTformer().eval()


def test_the_lite_version_has_the_published_size_and_names(network):
    assert sum(value.numel() for value in network.parameters()) == 16_001_549
    names = list(network.state_dict())
    assert len(names) == 260
    assert [name for name in names if not NAMES.fullmatch(name)] == []


def test_a_new_network_blends_both_ways_equally(network):
    for blend in network.ts_attn:
        assert (blend.weight == 0).all()
        assert (blend.bias == 0.5).all()


def plain(state, x, config):
    """The architecture once more, token by token in NumPy: (time, joints, 3) → points, representation."""
    of = {name: value.double().numpy() for name, value in state.items()}

    def linear(name, v):
        return v @ of[f"{name}.weight"].T + of[f"{name}.bias"]

    def norm(name, v):
        centred = v - v.mean(-1, keepdims=True)
        return centred / np.sqrt(v.var(-1, keepdims=True) + 1e-6) * of[f"{name}.weight"] + of[f"{name}.bias"]

    def gelu(v):
        return v * 0.5 * (1 + np.vectorize(math.erf)(v / math.sqrt(2)))

    def attention(name, tokens):
        size = config.width // config.n_heads
        q, k, v = np.split(linear(f"{name}.qkv", tokens), 3, -1)
        heads = []
        for head in range(config.n_heads):
            part = slice(head * size, (head + 1) * size)
            scores = np.exp(q[:, part] @ k[:, part].T / math.sqrt(size))
            heads.append(scores / scores.sum(-1, keepdims=True) @ v[:, part])
        return linear(f"{name}.proj", np.concatenate(heads, -1))

    def half(name, axis, v):
        normed, mixed = norm(f"{name}.norm1_{axis}", v), np.empty_like(v)
        for i in range(v.shape[0 if axis == "s" else 1]):
            where = (i, slice(None)) if axis == "s" else (slice(None), i)
            mixed[where] = attention(f"{name}.attn_{axis}", normed[where])
        v = v + mixed
        hidden = gelu(linear(f"{name}.mlp_{axis}.fc1", norm(f"{name}.norm2_{axis}", v)))
        return v + linear(f"{name}.mlp_{axis}.fc2", hidden)

    x = linear("joints_embed", x) + of["pos_embed"][0] + of["temp_embed"][0, : len(x)]
    for level in range(config.depth):
        a, b = f"blocks_st.{level}", f"blocks_ts.{level}"
        st, ts = half(a, "t", half(a, "s", x)), half(b, "s", half(b, "t", x))
        share = np.exp(linear(f"ts_attn.{level}", np.concatenate([st, ts], -1)))
        share /= share.sum(-1, keepdims=True)
        x = st * share[..., :1] + ts * share[..., 1:]
    representation = np.tanh(linear("pre_logits.fc", norm("norm", x)))
    return linear("head", representation), representation


def test_it_computes_what_a_plain_version_does():
    torch.manual_seed(1)
    network = DSTformer(SMALL).eval()
    for value in network.parameters():
        torch.nn.init.normal_(value, std=0.4)
    x = torch.randn(1, 5, 17, 3)
    with torch.inference_mode():
        points, representation = network(x)
    wanted = plain(network.state_dict(), x[0].double().numpy(), SMALL)
    np.testing.assert_allclose(points[0].numpy(), wanted[0], atol=2e-5)
    np.testing.assert_allclose(representation[0].numpy(), wanted[1], atol=2e-5)


def test_a_published_checkpoint_loads_by_its_names(network, tmp_path):
    """As it is published: under `model_pos`, with `module.` before each name, and training facts beside it."""
    folder = tmp_path / "motionbert-lite"
    folder.mkdir()
    state = {f"module.{name}": value for name, value in network.state_dict().items()}
    told = {"epoch": 60, "lr": 2e-5, "optimizer": {"state": {}}, "model_pos": state, "min_loss": np.float64(37.2)}
    torch.save(told, folder / "best_epoch.bin")
    loaded = load_network(folder)
    assert (folder / "model.safetensors").is_file()
    x = torch.randn(1, 3, 17, 3)
    with torch.inference_mode():
        assert torch.equal(loaded(x)[0], network(x)[0])
    (folder / "best_epoch.bin").unlink()
    load_network(folder)


@pytest.mark.parametrize("change", ["missing", "more", "shape"])
def test_other_weights_are_refused_by_name(network, tmp_path, change):
    state = dict(network.state_dict())
    if change == "missing":
        del state["blocks_ts.4.attn_t.proj.bias"]
    elif change == "more":
        state["blocks_ts.5.attn_t.proj.bias"] = torch.zeros(256)
    else:
        state["head.weight"] = torch.zeros(3, 256)
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(BadArtifact, match=r"blocks_ts\.[45]\.attn_t\.proj\.bias|head\.weight"):
        load_network(tmp_path)


def test_folders_without_weights(tmp_path):
    with pytest.raises(BadArtifact, match="must contain"):
        load_network(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadArtifact, match="damaged"):
        load_network(tmp_path)


def test_numbers_of_numpy_beside_weights_are_read_and_objects_are_not(tmp_path):
    for number in (np.float64(1.5), np.float32(2.5)):
        torch.save({"model": {"a": torch.zeros(2)}, "best": number}, tmp_path / "a.pt")
        assert convert_weights(tmp_path / "a.pt", tmp_path / "a.safetensors") == {"n_tensors": 1, "n_values": 2}
    torch.save({"model": {"a": torch.zeros(2)}, "when": np.array([object], dtype=object)}, tmp_path / "b.pt")
    with pytest.raises(UnsafeFormat):
        convert_weights(tmp_path / "b.pt", tmp_path / "b.safetensors")
