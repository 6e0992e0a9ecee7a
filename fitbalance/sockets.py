"""All websocket routes, behind the session and the origin check."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter

from sessions.routing import websocket_urlpatterns

websocket_application = AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
