"""Where this machine keeps its files is nobody's business: messages name a file, never the folders above it."""

import re
import sys
import tempfile
from functools import lru_cache

from django.conf import settings
from django.http import HttpResponse

_TEXTS = ("text/html", "text/plain", "application/json", "application/problem+json")


def without_places(text: str) -> str:
    """A message with the last part of every path of ours in place of the path."""
    roots = _roots()
    if not any(root in text for root in roots):
        return text
    return _paths(roots).sub(lambda found: found[1] or "a folder of the site", text)


def hide_places(response: HttpResponse) -> HttpResponse:
    """The net under every page and answer: whatever an error said, no path of ours goes out with it."""
    if response.streaming or not response.get("Content-Type", "").startswith(_TEXTS):
        return response
    if any(root.encode() in response.content for root in _roots()):
        text = response.content.decode(response.charset or "utf-8", "surrogateescape")
        response.content = without_places(text).encode(response.charset or "utf-8", "surrogateescape")
        if response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
    return response


def _roots() -> tuple[str, ...]:
    """The longest first: folders lie in one another."""
    places = {settings.VAR_DIR, settings.MEDIA_ROOT, settings.BASE_DIR, tempfile.gettempdir(), sys.prefix}
    return tuple(sorted((f"{str(place).rstrip('/')}/" for place in places), key=len, reverse=True))


@lru_cache(8)
def _paths(roots: tuple[str, ...]) -> re.Pattern[str]:
    """A path below one of the roots; group 1 is its last part."""
    before = r"(?<![\w./:-])"  # not in the middle of an address
    return re.compile(before + rf"(?:{'|'.join(map(re.escape, roots))})(?:[^\s'\"<>/&]+/)*([^\s'\"<>/&]*)")
