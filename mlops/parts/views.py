"""The page of pretrained parts, and the files that pages load from them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from mlops.access import engine_page
from mlops.ml.parts.store import store
from mlops.parts.selectors import browser_file, part_state, part_states, repositories
from mlops.parts.services.fetching import part_fetch_start, part_remove, parts_wanted
from web.refusals import NOT_FOUND, Problem
from web.views.said import refusals_said, say

TYPES = {
    ".onnx": "application/octet-stream", ".wasm": "application/wasm", ".js": "text/javascript",
    ".json": "application/json", ".task": "application/octet-stream", ".tflite": "application/octet-stream",
    ".binarypb": "application/octet-stream", ".data": "application/octet-stream",
}  # fmt: skip
"""Content types by suffix; anything else is never sent."""


@engine_page
@require_GET
def parts(request: HttpRequest) -> HttpResponse:
    """Every part: what for, licence, size, here or not."""
    return render(request, "mlops/parts.html", _facts())


@engine_page
@require_GET
def parts_list(request: HttpRequest) -> HttpResponse:
    """The tables alone, which poll while something is fetched."""
    return render(request, "mlops/parts_list.html", _facts())


@engine_page
@require_POST
def fetch(request: HttpRequest, name: str) -> HttpResponse:
    """Queue a part."""
    try:
        part_fetch_start(name=name, by=request.user)
    except Problem as problem:
        if problem.status == 404:
            raise Http404(NOT_FOUND) from problem
        say(request, problem)
    return redirect("mlops:parts")


@engine_page
@require_POST
def fetch_recommended(request: HttpRequest) -> HttpResponse:
    """Queue all recommended parts that are missing."""
    n = 0
    for state in part_states():
        if state.part.recommended and state.installed is None:
            with refusals_said(request):
                part_fetch_start(name=state.part.name, by=request.user)
                n += 1
    if not n:
        messages.info(request, _("All recommended parts are installed."))
    return redirect("mlops:parts")


@engine_page
@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Delete an installed part."""
    if part_state(name) is None:
        raise Http404(NOT_FOUND)
    with refusals_said(request):
        part_remove(name=name)
        messages.success(request, _("Removed. Fetch it again at any time."))
    return redirect("mlops:parts")


@login_required
@require_safe
def file(request: HttpRequest, name: str, digest: str, path: str) -> HttpResponseBase:
    """A file of a part for a script in the browser; its address changes with its contents, so it is kept for good."""
    found = browser_file(name, digest, path)
    suffix = f".{path.rpartition('.')[2]}"
    if found is None or suffix not in TYPES:
        raise Http404(NOT_FOUND)
    place, sha256 = found
    tag = f'"{sha256[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    response = FileResponse(place.open("rb"), content_type=TYPES[suffix])
    response["ETag"] = tag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _facts() -> dict[str, Any]:
    states = part_states()
    missing = [state for state in states if state.part.recommended and state.installed is None]
    return {
        "weights": [state for state in states if state.part.kind == "weights" and state.part.files],
        "data": [state for state in states if state.part.kind == "data"],
        "large": [state for state in states if not state.part.files],
        "repositories": repositories(),
        "is_fetching": any(state.job for state in states),
        "missing_bytes": sum(state.part.n_bytes for state in missing),
        "n_missing": len([state for state in missing if state.job is None]),
        "kept_bytes": sum(state.installed.n_bytes for state in states if state.installed),
        "folder": store().root,
        "is_automatic": bool(parts_wanted()),
    }
