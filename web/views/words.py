"""The sentences of scripts in another language."""

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog


@require_safe
@cache_control(public=True, max_age=86400)
def catalogue(request: HttpRequest, language: str) -> HttpResponseBase:
    """Django's catalogue for scripts; pages name it with the site's version, so a day old is not too old."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        return JavaScriptCatalog.as_view()(request)
