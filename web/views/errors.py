"""Error answers: a page for people, a problem document for programs. Never a trace."""

import logging
import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import select_template
from django.utils.html import escape
from django.utils.translation import gettext as _

from web.full_disk import disk_full, disk_is_full
from web.logs import request_id
from web.refusals import NOT_FOUND, Problem, is_api, problem_response

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return refuse(request, Problem(413, "too_large", _("The request is too large.")))
    return refuse(request, Problem(400, "malformed", _("The request could not be read.")))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refuse(request, Problem(403, "forbidden", _("You do not have permission to do this.")))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refuse(request, Problem(404, "not_found", NOT_FOUND))


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """allauth's limits per address (signing up, in, resetting a password) count minutes."""
    detail = _("Too many attempts. Wait a minute and try again.")
    return refuse(request, Problem(429, "too_many_attempts", detail, headers={"Retry-After": "60"}))


def server_error(request: HttpRequest) -> HttpResponse:
    """What broke below any view; a full disk (a session that could not be stored) is no mistake of ours."""
    if disk_is_full(sys.exc_info()[1]):
        return refuse(request, disk_full())
    return refuse(request, Problem(500, "internal", _("Something went wrong on our side. It has been logged.")))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _("This form was open for too long, or cookies are blocked. Go back, reload the page and try again.")
    return refuse(request, Problem(403, "csrf_failed", detail), template="403_csrf.html")


def refuse(request: HttpRequest, problem: Problem, template: str = "") -> HttpResponse:
    """Answer a Problem in the form that suits who asks. The page never fails: the last resort is plain."""
    if is_api(request):
        return problem_response(problem)
    names = [name for name in (template, f"{problem.status}.html", "web/refused.html") if name]
    known = {"problem": problem, "detail": problem.detail, "request_id": request_id.get()}
    try:
        html = select_template(names).render(known, request)
    except Exception:
        if problem.status < 500:
            log.exception("The error page could not be drawn")
        html = _PLAIN.format(detail=escape(problem.detail), request_id=known["request_id"])
    return HttpResponse(html, status=problem.status, headers=problem.headers)


_PLAIN = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>FitBalance</title>'
    '<main><h1>FitBalance</h1><p>{detail}</p><p>Request {request_id}</p><p><a href="/">Start page</a></p></main></html>'
)
