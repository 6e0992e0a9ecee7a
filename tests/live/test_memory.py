"""What a connection held is given back when it is over, at once: the collector comes seldom in a web process."""

import asyncio
import gc
import weakref
from types import SimpleNamespace
from typing import Any

from asgiref.sync import sync_to_async
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from sessions.live.services import sense
from sessions.live.services.feed import LiveFeed
from tests.live.tiny import movement
from tests.live.wire import Wire, headers_for, live_test
from web.consumers.transport import GuardedProtocol


@live_test
async def test_a_stream_that_is_over_leaves_nothing_behind(stage, monkeypatch):
    made: list[weakref.ref[Any]] = []

    def noted(cls: type) -> None:
        real = cls.__init__

        def init(self: Any, **given: Any) -> None:
            made.append(weakref.ref(self))
            real(self, **given)

        monkeypatch.setattr(cls, "__init__", init)

    noted(LiveFeed)
    noted(sense.LiveSense)
    t, x = movement(6.0)
    gc.disable()
    try:
        async with Wire(stage.path, await sync_to_async(headers_for)(stage.user)) as wire:
            await wire.send("hello", {"layout": "flextail", "rate_hz": 1000})
            await wire.send_samples(0, t, x)
            await wire.hear("ack")
            assert [one() is not None for one in made] == [True, True]
        for _ in range(200):
            if not any(one() for one in made):
                break
            await asyncio.sleep(0.01)
        assert [one() for one in made] == [None, None]
    finally:
        gc.enable()


def test_a_connection_that_is_lost_lets_go_of_its_protocol():
    from daphne.ws_protocol import WebSocketFactory

    gc.collect()
    gc.disable()
    try:
        server = SimpleNamespace(protocol_connected=lambda _: None, protocol_disconnected=lambda _: None)
        factory = WebSocketFactory(server, server="FitBalance")
        factory.protocol = GuardedProtocol
        protocol = factory.buildProtocol(("127.0.0.1", 1))
        protocol.transport = SimpleNamespace(loseConnection=lambda: None, abortConnection=lambda: None)
        protocol._connectionMade()
        protocol.server, protocol.request, protocol.client_addr = server, SimpleNamespace(path=b"/"), None
        server.log_action = lambda *_: None
        gone = weakref.ref(protocol)
        protocol.connectionLost(Failure(ConnectionDone()))
        del protocol
        assert gone() is None
    finally:
        gc.enable()
