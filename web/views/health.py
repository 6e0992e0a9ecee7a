"""For operators and load balancers."""

import ipaddress
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mlops.ml.prometheus import CONTENT_TYPE
from web.refusals import not_found
from web.services.health import Health, health_check
from web.services.metrics import metrics_text


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the site can answer (also `degraded`, without Redis), 503 when it cannot.

    In production only this machine is told which part is ill; strangers hear whether the site answers.
    `web.middleware.HealthMiddleware` calls it before hosts, HTTPS and sessions are looked at: a probe has none of them.
    """
    report = health_check()
    status = 503 if report.status == Health.DOWN else 200
    told = {"status": report.status, "checks": report.checks}
    if settings.ENVIRONMENT == "production" and not _is_local(request):
        del told["checks"]
    return JsonResponse(told, status=status)


def _is_local(request: HttpRequest) -> bool:
    """True for somebody on this machine who does not come through a proxy."""
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@require_safe
def version(request: HttpRequest) -> JsonResponse:
    """Which FitBalance answers."""
    return JsonResponse({"name": "FitBalance", "version": settings.VERSION, "api": "v1"})


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: to whoever has METRICS_TOKEN, and to administrators. For others there is nothing here."""
    if not (_has_token(request) or (request.user.is_authenticated and request.user.is_administrator)):
        raise not_found()
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    return bool(settings.METRICS_TOKEN) and secrets.compare_digest(given, wanted)
