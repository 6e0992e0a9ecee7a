"""What asking a model can end with, the same on both sides of the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

MAX_DETAIL = 500
"""Characters of a reason that travel."""


class ModelError(Exception):
    """Base of all; `code` is stable and machine readable, `detail` a sentence for people."""

    kind: ClassVar[str] = "failed"
    status: ClassVar[int] = 500

    def __init__(self, detail: str, *, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail[:MAX_DETAIL]
        self.code = code or self.kind

    def to_json(self) -> dict[str, Any]:
        """The body of an answer with this error."""
        return {"error": self.kind, "code": self.code, "detail": self.detail}


class BadRequest(ModelError):
    """What was asked cannot be read, or cannot be carried over the wire."""

    kind = "bad_request"
    status = 400


class Unauthorized(ModelError):
    """The shared secret is missing or wrong."""

    kind = "unauthorized"
    status = 401


class ModelFailed(ModelError):
    """The model's own error: these inputs, or a bug of the model. `code` is that of an MLError where it was one."""

    kind = "failed"
    status = 422


class ModelBusy(ModelError):
    """Too many wait already, or there is no room in memory just now: try again after `retry_after_s`."""

    kind = "busy"
    status = 503

    def __init__(self, detail: str, *, retry_after_s: float = 1.0, code: str = "") -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "retry_after_s": self.retry_after_s}


class ModelUnavailable(ModelError):
    """Nobody can answer: no server, a broken one, or a model that cannot be loaded."""

    kind = "unavailable"
    status = 503


class ModelTimedOut(ModelUnavailable):
    """The server lives, and the answer did not come before the deadline."""

    kind = "timeout"
    status = 504


_BY_KIND: dict[str, type[ModelError]] = {
    error.kind: error for error in (BadRequest, Unauthorized, ModelFailed, ModelUnavailable, ModelTimedOut)
}


def error_from_json(found: Mapping[str, Any]) -> ModelError:
    """The error that a server described. Raises ValueError when this is no description of one."""
    kind, detail, code = found.get("error"), found.get("detail", ""), found.get("code", "")
    if not isinstance(detail, str) or not isinstance(code, str):
        raise ValueError("an error without words")
    if kind == ModelBusy.kind:
        retry_after_s = found.get("retry_after_s", 1.0)
        if not isinstance(retry_after_s, int | float) or not 0 <= retry_after_s <= 3600:
            raise ValueError("busy for an impossible time")
        return ModelBusy(detail, retry_after_s=float(retry_after_s), code=code)
    if kind not in _BY_KIND:
        raise ValueError("an unknown error")
    return _BY_KIND[str(kind)](detail, code=code)
