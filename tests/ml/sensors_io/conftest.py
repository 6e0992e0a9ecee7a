"""Where the real recordings lie that these tests read when they are there."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


def _folder(name: str) -> Path:
    folder = (SHARED / name).resolve()
    if not folder.is_dir():
        pytest.skip(f"real data not here: {name}")
    return folder


@pytest.fixture
def physical_therapy() -> Path:
    """Subject 1, exercise 1 of the physical therapy recordings: units u2 and u5."""
    return _folder("imu_physical_therapy") / "s1" / "e1"


@pytest.fixture
def flextail_csv() -> Path:
    """A real raw FlexTail table."""
    return _folder("flextail_raw") / "measurements.csv"
