"""Who may open a websocket at all: our own pages (Origin and cookies) or a program with a token."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

Bearer = Callable[[str], Awaitable[tuple[Any, Any] | None]]
"""secret → (user, token key) when it may stream, else None."""


class Gate:
    """ASGI middleware around all websockets.

    With `Authorization: Bearer …` the token alone decides and cookies are not looked at. Without it the Origin
    must be this site's: a foreign, `null` or missing one gets HTTP 403 (closing before accepting), so that no other
    site can use a visitor's cookies.
    """

    def __init__(self, *, routes: Any, cookies: Any, bearer: Bearer) -> None:
        self.routes = routes
        self.cookies = cookies
        self.bearer = bearer

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        scheme, _, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if secret and scheme.lower() == "bearer":
            found = await self.bearer(secret.strip())
            if found is None:
                await _refuse(receive, send)
                return
            user, token = found
            await self.routes(dict(scope, user=user, token=token, session=None), receive, send)
        elif is_own_origin(headers):
            await self.cookies(scope, receive, send)
        else:
            await _refuse(receive, send)


def is_own_origin(headers: dict[bytes, bytes]) -> bool:
    """True when the page that opens the socket came from this host, or from a trusted origin of the settings."""
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if origin in {known.lower().rstrip("/") for known in settings.CSRF_TRUSTED_ORIGINS}:
        return True
    host = headers.get(b"host", b"").decode("latin-1").lower()
    try:
        page = urlsplit(origin)
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if not name or page.scheme not in ({"https"} if settings.HTTPS else {"https", "http"}) or page.path:
        return False
    return page.netloc == host and validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS)


async def _refuse(receive: Any, send: Any) -> None:
    """Closing before accepting is answered with HTTP 403 by the server."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})
