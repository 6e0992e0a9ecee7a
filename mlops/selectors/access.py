"""Who belongs to the engine room."""

from typing import Any


def is_engine_staff(user: Any) -> bool:
    """ML staff and administrators."""
    return bool(user.is_authenticated and (user.is_ml_staff or user.is_administrator))
