"""Every websocket route decides who may."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.conf import settings

from tests.access import routes
from tests.access.conftest import clients_of, row_modules
from tests.access.rows import IDENTITIES, SocketRow

SOCKETS: list[SocketRow] = [row for module in row_modules() for row in getattr(module, "SOCKETS", [])]


def test_every_websocket_route_has_a_row():
    known = {row.route for row in SOCKETS}
    assert not [route for route in routes.socket_routes() if route not in known]
    assert not [row.route for row in SOCKETS if row.route not in routes.socket_routes()]


@pytest.mark.parametrize("row", SOCKETS, ids=str)
@pytest.mark.django_db(transaction=True)
def test_socket(row: SocketRow, world: Any):
    wrong = []
    clients = clients_of(world)
    for identity in IDENTITIES:
        cookies = clients[identity].cookies
        answer = async_to_sync(knock)(row.path(world), cookies.get(settings.SESSION_COOKIE_NAME))
        if answer != row.expect[identity]:
            wrong.append(f"{identity}: {answer}, expected {row.expect[identity]}")
    assert not wrong, f"{row}\n" + "\n".join(wrong)


@pytest.mark.django_db(transaction=True)
def test_an_unknown_address_is_accepted_and_closed(world: Any):
    cookies = clients_of(world)["owner"].cookies
    assert async_to_sync(knock)("/ws/nothing/", cookies.get(settings.SESSION_COOKIE_NAME)) == 4404


async def knock(path: str, session: Any) -> int | str:
    """Connect from our own origin; "open", the close code, or 403 for a refused handshake."""
    from fitbalance.sockets import websocket_application

    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
    if session is not None:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session.value}".encode()))
    socket = WebsocketCommunicator(websocket_application, path, headers=headers)
    connected, code = await socket.connect(timeout=10)
    if not connected:
        return 403 if code in (1000, 403, None) else int(code)
    while not await socket.receive_nothing(timeout=0.5):  # waiting with receive_output would cancel the application
        message = await socket.receive_output()
        if message["type"] == "websocket.close":
            return int(message["code"])
    await socket.disconnect()
    return "open"
