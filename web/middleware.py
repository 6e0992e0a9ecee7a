"""Middleware shared by the whole site."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from web.logs import request_id
from web.refusals import Problem

_PERMISSIONS = (
    "camera=(self), microphone=(self), accelerometer=(self), gyroscope=(self), magnetometer=(self), "
    "geolocation=(), payment=(), usb=(), serial=(), display-capture=()"
)


class RequestIdMiddleware:
    """Give each request an id: in the log, in the X-Request-Id header and in problem details.

    Being outermost, it also sets the headers that every answer carries, and answers a Problem that a page raised.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid.uuid4().hex[:16]  # type: ignore[attr-defined]
        request_id.set(request.request_id)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        response.setdefault("Permissions-Policy", _PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Problem):
            from web.views.errors import refuse

            return refuse(request, exception)
        return None
