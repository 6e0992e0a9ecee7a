"""`Idempotency-Key` on POST, for every view that extends the bases in web.api.views."""

import hashlib
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from web.services.idempotency import Claim, Kept, idempotency_begin, idempotency_keep, idempotency_release


class _Replay(Exception):
    """Carries a kept answer out of `initial`."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept


class IdempotentPost:
    """Mixin before APIView. The first success of a key is kept for 24 hours and replayed to the same person."""

    _claim: Claim | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        key = request.headers.get("Idempotency-Key")
        if request.method == "POST" and key is not None and not (request.content_type or "").startswith("multipart/"):
            _ = request._request.body  # kept now: the CSRF check of a session parses, and so empties, the stream
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method != "POST" or key is None or not request.user.is_authenticated:
            return
        outcome = idempotency_begin(user=request.user, key=key, fingerprint=_fingerprint(request))
        if isinstance(outcome, Kept):
            raise _Replay(outcome)
        self._claim = outcome

    def handle_exception(self, exc: Exception) -> HttpResponse:
        if isinstance(exc, _Replay):
            kept = exc.kept
            return HttpResponse(kept.body, status=kept.status, headers={**kept.headers, "Idempotent-Replayed": "true"})
        try:
            return super().handle_exception(exc)  # type: ignore[misc]
        except Exception:
            self._release()
            raise

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        claim, self._claim = self._claim, None
        if claim is None:
            return response
        if not hasattr(response, "add_post_render_callback"):
            _keep(claim, response)
        else:
            response.add_post_render_callback(lambda rendered: _keep(claim, rendered))
        return response

    def _release(self) -> None:
        if self._claim is not None:
            idempotency_release(claim=self._claim)
            self._claim = None


def _keep(claim: Claim, response: HttpResponse) -> None:
    if response.streaming:
        idempotency_release(claim=claim)
        return
    headers = {name: str(value) for name, value in response.items()}
    idempotency_keep(claim=claim, status=response.status_code, headers=headers, body=response.content)


def _fingerprint(request: Request) -> str:
    """SHA-256 over method, address and body; files of a form by their content."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name in sorted(request.data):
            for value in request.data.getlist(name):
                digest.update(f"\n{name}=".encode())
                pieces = value.chunks() if hasattr(value, "chunks") else [str(value).encode("utf-8", "replace")]
                for piece in pieces:
                    digest.update(piece)
                if hasattr(value, "seek"):
                    value.seek(0)
        return digest.hexdigest()
    digest.update(request._request.body)
    return digest.hexdigest()
