"""/api/schema/: made once for each form it is asked for in, then answered from memory with an ETag."""

import hashlib
import threading
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView

_made: dict[str, tuple[bytes, str, str]] = {}
_making = threading.Lock()
_view = SpectacularAPIView.as_view()


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, as YAML or as JSON where that is asked for.

    It depends on the version and the settings of this process and on nobody who asks (it is in English), so it is made
    once a process; a client that has it already is told so (304).
    """
    content, kind, tag = _document(request)
    if tag in request.headers.get("If-None-Match", ""):
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(content, content_type=kind)
        answer["Content-Disposition"] = f'inline; filename="FitBalance.{"json" if "json" in kind else "yaml"}"'
    answer["ETag"] = tag
    patch_cache_control(answer, public=True, max_age=0, must_revalidate=True)
    patch_vary_headers(answer, ["Accept"])
    return answer


def _document(request: HttpRequest) -> tuple[bytes, str, str]:
    """(text, media type, ETag); only one thread makes it, the others wait for it."""
    form = "json" if _wants_json(request) else "yaml"
    with _making:
        if form not in _made:
            with translation.override("en"):
                answer: Any = _view(_plain(request, form))
                answer.render()
            tag = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
            _made[form] = answer.content, answer["Content-Type"], tag
        return _made[form]


def _wants_json(request: HttpRequest) -> bool:
    asked = request.headers.get("Accept", "") if "format" not in request.GET else request.GET["format"]
    return "json" in asked


def _plain(request: HttpRequest, form: str) -> HttpRequest:
    """The request of nobody in particular."""
    plain = HttpRequest()
    plain.method, plain.path = "GET", request.path
    kinds = {"json": "application/vnd.oai.openapi+json", "yaml": "application/vnd.oai.openapi"}
    plain.META = {"HTTP_ACCEPT": kinds[form], "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    return plain
