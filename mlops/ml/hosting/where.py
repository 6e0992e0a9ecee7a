"""Where and how precisely models compute in this process: a setting that loaders are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "fp32", "fp16", "bf16")


@dataclass(frozen=True)
class Where:
    """Device, precision and threads that a loader should use.

    device   "auto" (a GPU where there is one), "cpu", or "cuda"
    dtype    "auto" (half precision on a GPU, fp32 elsewhere), "fp32", "fp16" or "bf16"
    threads  processor threads that one answer may use
    """

    device: str = "auto"
    dtype: str = "auto"
    threads: int = 1

    def __post_init__(self) -> None:
        if self.device not in DEVICES or self.dtype not in PRECISIONS or self.threads < 1:
            raise ValueError(f"device {self.device!r}, precision {self.dtype!r}, {self.threads} threads")

    def resolved(self) -> Where:
        """The same with "auto" decided on this machine. Imports torch; for loaders only."""
        import torch

        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = self.dtype
        if dtype == "auto":
            half = "bf16" if device == "cuda" and torch.cuda.is_bf16_supported() else "fp16"
            dtype = half if device == "cuda" else "fp32"
        return replace(self, device=device, dtype=dtype)

    def torch_dtype(self) -> Any:
        """The torch.dtype of `resolved()`."""
        import torch

        return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[self.resolved().dtype]
