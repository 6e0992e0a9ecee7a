import os
from pathlib import Path

import pytest

from tests.ml.speech.tiny_whisper import tiny_whisper

SHARED = Path(os.environ.get("FITBALANCE_SHARED", Path(__file__).resolve().parents[4] / "shared")) / "data"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """(folder for transformers, folder for CTranslate2)"""
    return tiny_whisper(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def commands():
    """The folder of spoken commands."""
    folder = SHARED / "voice_commands"
    if not folder.is_dir():
        pytest.skip("the shared recordings of spoken commands are not here")
    return folder
