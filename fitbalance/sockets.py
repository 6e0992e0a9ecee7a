"""All websocket routes: the gate (Origin or token), then the session, then the route; the rest is 4404."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.urls import re_path
from django.utils import timezone

from accounts.models import ApiToken, TokenScope
from accounts.services.tokens import TokenRefused, token_resolve, token_seen
from sessions.routing import websocket_urlpatterns
from web.consumers.access import use_token_check
from web.consumers.gate import Gate
from web.consumers.not_found import NotFoundConsumer


@database_sync_to_async
def _bearer(secret: str) -> tuple[Any, UUID] | None:
    """The user of a live token with the right to stream."""
    try:
        token = token_resolve(secret)
    except TokenRefused:
        return None
    if TokenScope.STREAM not in token.scopes:
        return None
    token_seen(token)
    return token.user, token.pk


def _tokens_alive(keys: Iterable[UUID]) -> set[UUID]:
    rows = ApiToken.objects.filter(pk__in=list(keys), revoked_at=None, expires_at__gt=timezone.now())
    return set(rows.values_list("pk", flat=True))


use_token_check(_tokens_alive)
_routes = URLRouter([*websocket_urlpatterns, re_path(r"", NotFoundConsumer.as_asgi())])
websocket_application = Gate(routes=_routes, cookies=AuthMiddlewareStack(_routes), bearer=_bearer)
