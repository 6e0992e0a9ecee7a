"""Foreign torch weights become safetensors; what holds more than tensors is never read."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mlops.ml.contract import BadArtifact, UnsafeFormat
from mlops.ml.convert import _tensors, convert_weights


class Evil:
    def __reduce__(self):
        return (Path.touch, (Path("/tmp/evil-was-converted"),))


def test_a_published_checkpoint(tmp_path):
    shared = torch.arange(4.0)
    torch.save({"epoch": 3, "state_dict": {"a": shared, "b": shared.view(2, 2)}}, tmp_path / "old.pth")
    facts = convert_weights(tmp_path / "old.pth", tmp_path / "new.safetensors")
    assert facts == {"n_tensors": 2, "n_values": 8}
    assert torch.equal(load_file(tmp_path / "new.safetensors")["b"], shared.view(2, 2))


def test_code_is_never_run(tmp_path):
    (tmp_path / "evil.bin").write_bytes(pickle.dumps({"a": Evil()}))
    with pytest.raises(UnsafeFormat):
        convert_weights(tmp_path / "evil.bin", tmp_path / "new.safetensors")
    assert not Path("/tmp/evil-was-converted").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["evil.bin"]


def test_what_is_no_checkpoint(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    for name in ("a.txt", "missing.pt"):
        with pytest.raises(BadArtifact):
            convert_weights(tmp_path / name, tmp_path / "new.safetensors")
    assert _tensors([torch.zeros(1)]) == {}
    assert set(_tensors({"w": torch.zeros(1), "step": 3})) == {"w"}
