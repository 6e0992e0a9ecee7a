"""A pretrained part: where it comes from, and what it answers."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from mlops.access import engine_page
from mlops.parts.selectors import part_state
from mlops.serving.services.parts import part_nothing, part_takes
from web.refusals import NOT_FOUND


@engine_page
@require_GET
def part(request: HttpRequest, name: str) -> HttpResponse:
    """Facts of one part, and a form to try it."""
    state = part_state(name)
    if state is None:
        raise Http404(NOT_FOUND)
    facts = {"state": state, "part": state.part, "takes": part_takes(name), "nothing": part_nothing(name)}
    return render(request, "mlops/part.html", {**facts, "memory_bytes": state.part.memory_mb * 1_000_000})
