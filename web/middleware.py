"""Middleware shared by the whole site."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from web.full_disk import disk_full, disk_is_full
from web.logs import request_id
from web.places import hide_places
from web.refusals import Problem

_PERMISSIONS = (
    "camera=(self), microphone=(self), accelerometer=(self), gyroscope=(self), magnetometer=(self), "
    "geolocation=(), payment=(), usb=(), serial=(), display-capture=()"
)


class RequestIdMiddleware:
    """Give each request an id: in the log, in the X-Request-Id header and in problem details.

    Being outermost, it also sets the headers that every answer carries, and answers a Problem that a page raised
    and a full disk.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid.uuid4().hex[:16]  # type: ignore[attr-defined]
        request_id.set(request.request_id)  # type: ignore[attr-defined]
        response = hide_places(self.get_response(request))
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        response.setdefault("Permissions-Policy", _PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        from web.views.errors import refuse

        if isinstance(exception, Problem):
            return refuse(request, exception)
        if disk_is_full(exception):
            return refuse(request, disk_full())
        return None


class PageGZipMiddleware(GZipMiddleware):
    """Pack pages. Answers of the API keep their strong ETag, and what streams is sent piece by piece."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class HealthMiddleware:
    """Answer a probe at once: it comes by number, without HTTPS, and must not be sent elsewhere or refused for that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            from web.views.health import healthz

            return healthz(request)
        return self.get_response(request)
