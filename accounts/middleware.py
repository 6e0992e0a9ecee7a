"""Show times in the signed-in person's own zone, and words in their language."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from web import units


class TimeZoneMiddleware:
    """Activate User.time_zone for the request; the database keeps UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = getattr(request.user, "time_zone", "UTC")
        with timezone.override(zoneinfo.ZoneInfo(name)):
            return self.get_response(request)


class LanguageMiddleware:
    """Speak the language that the signed-in person chose; LocaleMiddleware, before it, took the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if language := getattr(request.user, "language", ""):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)


class UnitsMiddleware:
    """Write quantities in the person's units; for visitors in those of the country that their browser names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        own = getattr(request.user, "reads_in", None)
        with units.override(own or units.units_guessed(request.headers.get("Accept-Language", ""))):
            return self.get_response(request)
