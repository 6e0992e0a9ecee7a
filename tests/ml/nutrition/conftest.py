"""Real recordings and tables, where they are here."""

from tests.ml.vision.conftest import real_data

__all__ = ["real_data"]
