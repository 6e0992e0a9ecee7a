"""What must happen when a person takes a consent back: apps react without being imported."""

from collections.abc import Callable
from typing import Any

Hook = Callable[[Any, str, str], None]
"""(user, kind, scope): kind and scope are the stored values, for example "learning" and "sensor"."""

_hooks: list[Hook] = []


def on_withdrawn(hook: Hook) -> None:
    """Run `hook(user, kind, scope)` after the withdrawal is committed. It should be quick: start a job."""
    if hook not in _hooks:
        _hooks.append(hook)


def withdrawn_hooks() -> list[Hook]:
    return list(_hooks)
