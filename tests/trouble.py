"""Where the files lie that real loggers are known to write badly; tests read them when they are there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED = os.environ.get("FITBALANCE_SHARED") or Path(__file__).resolve().parents[2] / "shared"
TROUBLE = Path(_SHARED) / "trouble"
"""Beside the checkout, or below FITBALANCE_SHARED."""


def trouble_file(name: str) -> Path:
    """The file whose name begins like this, or skip with a reason."""
    found = sorted(TROUBLE.glob(f"{name}*")) if TROUBLE.is_dir() else []
    if not found:
        pytest.skip(f"the troublesome file {name} is not on this machine")
    return found[0]
