"""RFC 9457 problem details: one shape for every error of the API, never a trace."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from web.full_disk import disk_full, disk_is_full
from web.refusals import CONTENT_TYPE, NOT_FOUND, Problem, not_found, problem_document, problem_response

__all__ = ["Problem", "as_problem", "exception_handler", "not_found", "problem_document", "problem_response"]

_CODES = {
    "permission_denied": "forbidden",
    "parse_error": "malformed",
    "does_not_exist": "not_found",
    "error": "failed",
}
_SPEAKING_CODES = {"unknown_field", "not_found", "not_finite", "bad_text", "too_deep", "unknown_filter"}
"""Field codes that also become the code of the whole problem when every error shares one."""


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's hook. Unknown exceptions stay bugs: they reach the log and the 500 handler."""
    problem = as_problem(exc)
    if problem is None:
        return None
    return Response(
        problem_document(problem), status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE
    )


def as_problem(exc: Exception) -> Problem | None:
    """Translate what Django, REST framework and our services raise; None for a bug."""
    if isinstance(exc, Problem):
        return disk_full() if exc.status != 507 and disk_is_full(exc) else exc
    if isinstance(exc, Http404):
        return not_found()
    if isinstance(exc, exceptions.ValidationError):
        return _invalid(list(_flatten(exc.get_full_details())))
    if isinstance(exc, DjangoValidationError):
        return _invalid(list(_django_errors(exc)))
    if isinstance(exc, PermissionDenied):
        return Problem(403, "forbidden", str(exc) or _("You do not have permission to do this."))
    if isinstance(exc, RequestDataTooBig):
        return Problem(413, "too_large", _("The request is too large. Send files as an upload in parts."))
    if isinstance(exc, (SuspiciousOperation, UnreadablePostError)):
        return Problem(400, "malformed", _("The request could not be read."))
    if isinstance(exc, exceptions.APIException):
        return _from_api_exception(exc)
    return disk_full() if disk_is_full(exc) else None


def _from_api_exception(exc: exceptions.APIException) -> Problem:
    code = exc.get_codes()
    code = code if isinstance(code, str) else exc.default_code
    detail = exc.detail if isinstance(exc.detail, str) else str(exc.default_detail)
    headers: dict[str, str] = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]
    if getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(exc.wait) + 1)  # type: ignore[attr-defined]
    if detail.startswith("CSRF Failed"):
        code, detail = "csrf_failed", _("The CSRF token is missing or wrong. Reload the page and try again.")
    if exc.status_code == 404:
        code, detail = "not_found", str(NOT_FOUND)
    return Problem(exc.status_code, _CODES.get(code, code), str(detail), headers=headers)


def _invalid(errors: list[dict[str, str]]) -> Problem:
    codes = {error["code"] for error in errors}
    code = codes.pop() if len(codes) == 1 and codes <= _SPEAKING_CODES else "invalid"
    first = errors[0] if errors else {"field": "", "message": _("The request is not valid.")}
    where = f"{first['field']}: " if first.get("field") else ""
    return Problem(400, code, where + first["message"], errors=errors)


def _flatten(details: Any, field: str = "") -> Iterator[dict[str, str]]:
    """{"a": [{"message", "code"}], "b": {0: …}} → rows with a dotted field name."""
    if isinstance(details, Mapping) and {"message", "code"} == set(details) and isinstance(details["message"], str):
        code = str(details["code"])
        yield {"field": field, "code": _CODES.get(code, code), "message": str(details["message"])}
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _flatten(inner, ".".join(part for part in (field, own) if part))
    else:
        for index, inner in enumerate(details):
            nested = isinstance(inner, Mapping) and set(inner) != {"message", "code"}
            yield from _flatten(inner, f"{field}.{index}" if nested and field else field)


def _django_errors(exc: DjangoValidationError) -> Iterator[dict[str, str]]:
    if hasattr(exc, "error_dict"):
        for field, errors in exc.error_dict.items():
            for error in errors:
                name = "" if field == "__all__" else field
                for message in error.messages:
                    yield {"field": name, "code": error.code or "invalid", "message": message}
        return
    for error in exc.error_list:
        for message in error.messages:
            yield {"field": "", "code": error.code or "invalid", "message": message}
