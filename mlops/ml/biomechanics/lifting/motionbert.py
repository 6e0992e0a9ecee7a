"""MotionBERT's DSTformer (Zhu et al., ICCV 2023, https://arxiv.org/abs/2210.06551), written from its architecture.

(batch, time ≤ 243, 17, 3): x and y in −1 … 1 and a confidence → (batch, time, 17, 3) in space, and a representation
(batch, time, 17, 512). Five levels each hold two blocks side by side, one that looks across the joints of a frame first
and then along time, one the other way round; what they say is blended for each token by two learned weights. The lite
version has 16,001,549 parameters. Modules are named as in published checkpoints, so that these load by their names.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention


@dataclass(frozen=True)
class MotionConfig:
    """Sizes of the lite version."""

    n_inputs: int = 3
    n_outputs: int = 3
    width: int = 256
    representation: int = 512
    depth: int = 5
    n_heads: int = 8
    mlp_ratio: int = 4
    n_joints: int = 17
    max_length: int = 243


EPS = 1e-6


class Attention(nn.Module):
    """Attention among the tokens of (batch, tokens, width)."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.n_heads, width // self.n_heads).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, width)
        found: Tensor = self.proj(mixed)
        return found


class Mlp(nn.Module):
    """Two layers, on each token by itself."""

    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, ratio * width)
        self.fc2 = nn.Linear(ratio * width, width)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.fc2(gelu(self.fc1(x)))
        return found


class Block(nn.Module):
    """Across joints (s) and along time (t), each attention and MLP with its norm before; `space_first` says which."""

    def __init__(self, config: MotionConfig, *, space_first: bool) -> None:
        super().__init__()
        self.space_first = space_first
        for axis in "st":
            self.add_module(f"norm1_{axis}", nn.LayerNorm(config.width, EPS))
            self.add_module(f"norm2_{axis}", nn.LayerNorm(config.width, EPS))
            self.add_module(f"attn_{axis}", Attention(config.width, config.n_heads))
            self.add_module(f"mlp_{axis}", Mlp(config.width, config.mlp_ratio))

    def forward(self, x: Tensor) -> Tensor:
        """x is (batch, time, joints, width)."""
        for axis in "st" if self.space_first else "ts":
            x = self._half(x, axis)
        return x

    def _half(self, x: Tensor, axis: str) -> Tensor:
        norm1, norm2 = self.get_submodule(f"norm1_{axis}"), self.get_submodule(f"norm2_{axis}")
        tokens = norm1(x)
        if axis == "t":
            tokens = tokens.transpose(1, 2)
        mixed = self.get_submodule(f"attn_{axis}")(tokens.flatten(0, 1)).reshape(tokens.shape)
        x = x + (mixed.transpose(1, 2) if axis == "t" else mixed)
        found: Tensor = x + self.get_submodule(f"mlp_{axis}")(norm2(x))
        return found


class Projection(nn.Module):
    """The layer before the head, named as in checkpoints."""

    def __init__(self, width: int, representation: int) -> None:
        super().__init__()
        self.fc = nn.Linear(width, representation)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.fc(x))


class DSTformer(nn.Module):
    """The whole network; `forward` returns points in space and the representation."""

    def __init__(self, config: MotionConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or MotionConfig()
        self.joints_embed = nn.Linear(config.n_inputs, config.width)
        self.pos_embed = nn.Parameter(torch.zeros(1, config.n_joints, config.width))
        self.temp_embed = nn.Parameter(torch.zeros(1, config.max_length, 1, config.width))
        self.blocks_st = nn.ModuleList(Block(config, space_first=True) for _ in range(config.depth))
        self.blocks_ts = nn.ModuleList(Block(config, space_first=False) for _ in range(config.depth))
        self.ts_attn = nn.ModuleList(nn.Linear(2 * config.width, 2) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width, EPS)
        self.pre_logits = Projection(config.width, config.representation)
        self.head = nn.Linear(config.representation, config.n_outputs)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.trunc_normal_(self.temp_embed, std=0.02)
        for blend in self.ts_attn:
            assert isinstance(blend, nn.Linear)
            nn.init.zeros_(blend.weight)
            nn.init.constant_(blend.bias, 0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, time, joints, 3) → points of that shape, and a representation (batch, time, joints, 512)."""
        x = self.joints_embed(x) + self.pos_embed[:, None] + self.temp_embed[:, : x.shape[1]]
        for space, time, blend in zip(self.blocks_st, self.blocks_ts, self.ts_attn, strict=True):
            a, b = space(x), time(x)
            share = blend(torch.cat([a, b], -1)).softmax(-1)
            x = a * share[..., :1] + b * share[..., 1:]
        representation = self.pre_logits(self.norm(x))
        return self.head(representation), representation
