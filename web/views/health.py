"""For operators and load balancers."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from web.services.health import Health, health_check


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the site can answer (also `degraded`, without Redis), 503 when it cannot."""
    report = health_check()
    status = 503 if report.status == Health.DOWN else 200
    return JsonResponse({"status": report.status, "checks": report.checks}, status=status)


@require_safe
def version(request: HttpRequest) -> JsonResponse:
    """Which FitBalance answers."""
    return JsonResponse({"name": "FitBalance", "version": settings.VERSION, "api": "v1"})
