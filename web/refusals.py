"""The one typed refusal of the site: raised low, turned into words or a problem document in one place."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from web.logs import request_id

CONTENT_TYPE = "application/problem+json"
NOT_FOUND = _("This does not exist, or you do not have access to it.")


class Problem(Exception):
    """A request or a file that is refused, with an HTTP status, a stable code and a sentence for a person.

    Services raise it; endpoints answer it as RFC 9457 problem details, pages show `detail`, jobs store
    `code` and `detail` as the failure reason. `errors` is [{"field", "code", "message"}, …]; `extra`
    becomes further members of the document.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str | Promise,
        *,
        errors: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(str(detail))
        self.status = status
        self.code = code
        self.detail = str(detail)
        self.errors = [dict(error) for error in errors or ()]
        self.headers = dict(headers or {})
        self.extra = extra


def not_found() -> Problem:
    """The one answer for what is missing and for what is not yours to see."""
    return Problem(404, "not_found", NOT_FOUND)


def problem_document(problem: Problem) -> dict[str, Any]:
    """The JSON members; `request_id` lets a person quote the failure."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": _phrase(problem.status),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id.get(),
    }
    if problem.errors:
        document["errors"] = problem.errors
    document.update(problem.extra)
    return document


def problem_response(problem: Problem) -> HttpResponse:
    """For plain Django code (error handlers, middleware)."""
    return JsonResponse(
        problem_document(problem), status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers
    )


def is_api(request: HttpRequest) -> bool:
    """True for addresses that programs use: their errors are problem documents, not pages."""
    return request.path.startswith(("/api/", "/backend/", "/healthz", "/metrics", "/version/"))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
