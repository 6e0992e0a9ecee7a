"""Answers that hold a secret must not be stored anywhere, not even for a repeated request."""

from typing import Any

from rest_framework.request import Request


class SecretAnswer:
    """Mixin before a view of web.api.views: `Idempotency-Key` is claimed, but the answer is not kept."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        self._release()  # type: ignore[attr-defined]
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        response.headers["Cache-Control"] = "no-store"
        return response
