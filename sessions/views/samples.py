"""/ml/samples/ and /ml/label/: what ML staff see of recordings. No name, no date, no file name."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sessions.models import SpanState
from sessions.selectors.recordings import sample_get_for
from sessions.selectors.samples import FILTERS, sample_layouts, sample_list, sample_next
from sessions.selectors.spans import label_sets_for, span_list
from sessions.services.labelling import labelling_config
from sessions.views.access import staff_page

PAGE_SIZE = 50


@staff_page
@require_GET
def samples(request: HttpRequest) -> HttpResponse:
    """Samples by pseudonym with their labelled share."""
    chosen = {name: request.GET.get(name, "")[:64] for name in ("show", "layout", "subject")}
    rows = sample_list(user=request.user, **chosen)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    for row in page.object_list:
        row.labelled_percent = round(100 * min(1.0, row.labelled_s / row.duration_s)) if row.duration_s else 0
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": page,
        "filters": FILTERS.items(),
        "layouts": sample_layouts(user=request.user),
        **chosen,
        "query": f"{query.urlencode()}&" if query else "",
        "is_narrowed": any(chosen.values()),
    }
    return render(request, "workouts/samples.html", context)


@staff_page
@require_GET
def label(request: HttpRequest, pk: str) -> HttpResponse:
    """The labelling page without identity."""
    row = sample_get_for(user=request.user, pk=pk)
    sets = label_sets_for(user=request.user, layout=row.layout)
    config = labelling_config(recording=row, of_samples=True, label_sets=sets)
    context = {
        "recording": row,
        "config": config,
        "spans": span_list(recording=row),
        "states": SpanState,
        "next": sample_next(user=request.user, after=row.pk),
    }
    return render(request, "workouts/sample.html", context)
