"""A patch transformer (Nie et al. 2023, arXiv:2211.14730) as Hugging Face transformers implements it.

`PatchTSTForClassification`, from scratch or fine-tuned: `pretrained` names a folder or a hub repository, of which only
`config.json` and `model.safetensors` are read. Its input scaling is off, because windows come normalised and a second
scaling would lose posture.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from mlops.ml.contract import BadArtifact, option
from mlops.ml.torch_bases import TorchWindowEstimator
from mlops.ml.torch_training import LoopConfig

if TYPE_CHECKING:
    from transformers import PatchTSTConfig, PatchTSTForClassification

SHAPE_FILE = "patchtst.json"
ALLOWED = ("config.json", "model.safetensors")


@dataclass(frozen=True)
class PatchTSTEstimatorConfig(LoopConfig):
    """Size of a fresh transformer; a pretrained one brings its own."""

    patch_length: int = option(16, "Samples in one patch", min=2, max=512)
    patch_stride: int = option(8, "Samples between the starts of patches", min=1, max=512)
    d_model: int = option(64, "Embedding size; must be divisible by the number of heads", min=8, max=1024)
    num_layers: int = option(2, "Transformer layers", min=1, max=12)
    num_heads: int = option(4, "Attention heads", min=1, max=16)
    dropout: float = option(0.2, "Dropout rate", min=0.0, max=0.9)
    pretrained: str = option("", "Start from this folder or hub repository (model id) instead of from scratch")
    revision: str = option("", "Commit of the hub repository; empty = main branch")


class PatchTSTNetwork(nn.Module):
    """(batch, time, channels) → patches of each channel → transformer → mean → (batch, classes) logits."""

    def __init__(self, model: PatchTSTForClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.model(past_values=x).prediction_logits
        return logits


class PatchTST(TorchWindowEstimator):
    """The transformer; worth its cost with much data or with pretrained weights."""

    name: ClassVar[str] = "patchtst"
    title: ClassVar[str] = "Patch transformer (PatchTST)"
    summary: ClassVar[str] = "Attention over patches of each channel. For large datasets or pretrained weights."
    Config: ClassVar[type] = PatchTSTEstimatorConfig

    shape: dict[str, Any] | None = None
    """The transformer's own settings of a loaded artifact; None before."""

    def build_network(self, n_inputs: int, n_outputs: int) -> nn.Module:
        from transformers import PatchTSTConfig, PatchTSTForClassification

        with _quiet():
            if self.shape is not None:
                return PatchTSTNetwork(PatchTSTForClassification(PatchTSTConfig(**self.shape)))
            if self.config.pretrained:
                return PatchTSTNetwork(self._pretrained(n_inputs, n_outputs))
            return PatchTSTNetwork(PatchTSTForClassification(self._fresh(n_inputs, n_outputs)))

    def _fresh(self, n_channels: int, n_classes: int) -> PatchTSTConfig:
        from transformers import PatchTSTConfig

        config = self.config
        patch = min(config.patch_length, self.window_shape[0])
        return PatchTSTConfig(
            num_input_channels=n_channels,
            context_length=self.window_shape[0],
            num_targets=n_classes,
            patch_length=patch,
            patch_stride=min(config.patch_stride, patch),
            d_model=config.d_model - config.d_model % config.num_heads,
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            ffn_dim=2 * config.d_model,
            attention_dropout=config.dropout,
            ff_dropout=config.dropout,
            head_dropout=config.dropout,
            scaling=None,
            do_mask_input=False,
        )

    def _pretrained(self, n_channels: int, n_classes: int) -> PatchTSTForClassification:
        """Load weights for this window and label set; the head, and what depends on the window, starts fresh.

        Raises BadArtifact, with what is missing and how to get it.
        """
        from transformers import PatchTSTConfig, PatchTSTForClassification

        folder = pretrained_folder(self.config.pretrained, self.config.revision)
        try:
            own = PatchTSTConfig.from_pretrained(folder, local_files_only=True)
            own.num_input_channels, own.num_targets = n_channels, n_classes
            own.context_length, own.scaling, own.do_mask_input = self.window_shape[0], None, False
            model = PatchTSTForClassification.from_pretrained(
                folder, config=own, local_files_only=True, use_safetensors=True, ignore_mismatched_sizes=True
            )
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise BadArtifact(f"{self.config.pretrained} contains no readable PatchTST model: {error}") from error
        return model.train()

    def _save(self, directory: Path) -> None:
        super()._save(directory)
        network = self._network()
        assert isinstance(network, PatchTSTNetwork)
        shape = network.model.config.to_diff_dict()
        kept = {name: value for name, value in shape.items() if name not in ("transformers_version", "architectures")}
        (directory / SHAPE_FILE).write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")

    def _load(self, directory: Path) -> None:
        self.shape = json.loads((directory / SHAPE_FILE).read_text("utf-8"))
        super()._load(directory)
        self.shape = None  # another fit starts from the config again


def pretrained_folder(source: str, revision: str = "") -> Path:
    """Return the local folder of a pretrained model, fetching the two allowed files of a hub repository.

    Raises BadArtifact with the remedy when it is neither here nor to be had.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        missing = [name for name in ALLOWED if not (folder / name).is_file()]
        if missing:
            raise BadArtifact(
                f"{source} lacks {' and '.join(missing)}; weights in another format are first converted to safetensors"
            )
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    remedy = "give the path of a folder with config.json and model.safetensors, or a repository id that exists"
    try:
        found = Path(snapshot_download(source, revision=revision or None, allow_patterns=list(ALLOWED)))
    except HFValidationError as error:
        raise BadArtifact(f"{source} is neither a folder here nor a repository id: {remedy}") from error
    except LocalEntryNotFoundError as error:
        raise BadArtifact(f"{source} is not on this machine and the hub cannot be reached: {remedy}") from error
    except (HfHubHTTPError, OSError) as error:
        raise BadArtifact(f"{source} cannot be fetched (a private one needs HF_TOKEN): {remedy}") from error
    return pretrained_folder(str(found))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from printing load reports and bars."""
    from transformers.utils import logging as chatter

    before, had_bar = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity(logging.ERROR)
    chatter.disable_progress_bar()
    try:
        yield
    finally:
        chatter.set_verbosity(before)
        if had_bar:
            chatter.enable_progress_bar()
