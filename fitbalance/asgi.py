"""The ASGI application: pages over HTTP, live streams over websockets."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fitbalance.settings")

from django.core.asgi import get_asgi_application

http_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402

from fitbalance.sockets import websocket_application  # noqa: E402

application = ProtocolTypeRouter({"http": http_application, "websocket": websocket_application})
