"""The graph of a sentence encoder, made from its published weights: BERT, the mean over the tokens, length 1.

Torch and transformers are needed here and never again. Source of the layers around BERT: the model card of
sentence-transformers/all-MiniLM-L6-v2 (modules.json, 1_Pooling/config.json).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops.ml.contract import BadArtifact

INPUTS = ("input_ids", "attention_mask")
OUTPUT = "sentence"
TINY = 1e-9


def export(source: Path, target: Path) -> None:
    """Write the ONNX file `target` from a folder with config.json and model.safetensors.

    Graph: input_ids and attention_mask (n, tokens) int64 → sentence (n, d) float32 of length 1.
    Raises BadArtifact when the folder is no BERT or lacks weights.
    """
    import torch

    network = _network(source)
    ids = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    n, length = torch.export.Dim("n", min=1), torch.export.Dim("tokens", min=2)
    with torch.inference_mode():
        program: Any = torch.onnx.export(
            network,
            (ids, mask),
            dynamo=True,
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_shapes=({0: n, 1: length}, {0: n, 1: length}),
            verbose=False,
        )
    program.save(target, external_data=False)


def _network(source: Path) -> Any:
    import torch
    from transformers import BertModel

    class Encoder(torch.nn.Module):
        def __init__(self, bert: Any) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            counted = attention_mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * counted).sum(1) / counted.sum(1).clamp(min=TINY)
            return mean / mean.norm(dim=1, keepdim=True).clamp(min=TINY)

    options: dict[str, Any] = {
        "local_files_only": True,
        "use_safetensors": True,
        "add_pooling_layer": False,
        "dtype": torch.float32,
        "attn_implementation": "eager",
        "output_loading_info": True,
    }
    try:
        loaded: Any = BertModel.from_pretrained(source, **options)
    except Exception as error:  # the library raises many unrelated types for a folder of another kind
        raise BadArtifact(f"{source.name} is no BERT: {type(error).__name__}") from error
    bert, facts = loaded
    missing = sorted(facts["missing_keys"])
    if missing:
        raise BadArtifact(f"{source.name} lacks {missing[0]}")
    return Encoder(bert).eval()
