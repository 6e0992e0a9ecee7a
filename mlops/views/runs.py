"""Pages of training runs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from mlops.models import Run
from mlops.selectors.engine import run_get_for
from mlops.selectors.estimators import estimator_infos
from mlops.views.access import engine_page
from mlops.views.figures import curve_figures


@engine_page
@require_GET
def run(request: HttpRequest, pk: str) -> HttpResponse:
    """Config, progress, curve and log of one run."""
    row = run_get_for(user=request.user, pk=pk)
    info = estimator_infos().get(row.estimator)
    context = {
        "run": row,
        "info": info,
        "figures": curve_figures(row.curve),
        "config": [(name.replace("_", " ").capitalize(), _words(value)) for name, value in sorted(row.config.items())],
        "model": version_of(row),
    }
    return render(request, "mlops/run.html", context)


@engine_page
@require_GET
def run_curve(request: HttpRequest, pk: str) -> HttpResponse:
    """The fragment with the curve; polls itself while the run is open."""
    row = run_get_for(user=request.user, pk=pk)
    return render(
        request, "mlops/run_curve.html", {"run": row, "figures": curve_figures(row.curve), "model": version_of(row)}
    )


def _words(value: Any) -> Any:
    """True and False as a person says them."""
    return ("no", "yes")[value] if isinstance(value, bool) else value


def version_of(run: Run):  # type: ignore[no-untyped-def]
    """The version a run made, or None."""
    return getattr(run, "version", None)
