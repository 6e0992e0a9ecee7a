"""Whole frames are cut out of what was read by hand; everything unusual still goes to the general parser."""

import asyncio
import os
import socket
import struct
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbalance.serve import endpoints, listen_shared
from web.consumers import transport
from web.consumers.transport import GuardedProtocol, unmasked


def masked(payload: bytes, first: int = 0x82, mask: bytes = b"\x01\x80\xfe\x33") -> bytes:
    size = len(payload)
    head = bytes([first, 0x80 | size]) if size < 126 else struct.pack("!BBH", first, 0x80 | 126, size)
    return head + mask + unmasked(payload, mask)


class Line(GuardedProtocol):
    """The protocol without a connection: notes what each way was given."""

    def __init__(self) -> None:
        self.state, self.data, self.current_frame, self.inside_message = self.STATE_OPEN, b"", None, False
        self.application_queue, self.client_addr = asyncio.Queue(), None
        self.taken: list[tuple[bytes, bool]] = []
        self.direct = lambda payload, is_binary: self.taken.append((payload, is_binary)) or True

    def _dataReceived(self, data: bytes) -> None:
        self.data += data  # as the general parser keeps what is not complete


@given(st.lists(st.binary(max_size=300), max_size=6), st.lists(st.integers(0, 2000), max_size=8))
def test_however_the_network_cuts_it_every_message_comes_once_and_in_order(payloads, cuts):
    line, wire = Line(), b"".join(masked(one) for one in payloads)
    places = sorted({cut % (len(wire) + 1) for cut in cuts} | {0, len(wire)})
    for begin, end in zip(places, places[1:], strict=False):
        if begin < end:
            line.dataReceived(wire[begin:end])
    # after a cut inside a frame's first bytes the general parser goes on from exactly there
    assert wire == b"".join(masked(payload) for payload, _ in line.taken) + line.part + line.data
    assert line.part == b""


@pytest.mark.parametrize(
    "unusual",
    [
        masked(b"part", first=0x02), masked(b"", first=0x89), masked(b"x" * 3, first=0x88), masked(b"x", first=0xC2),
        bytes([0x82, 4]) + b"bare", masked(b"\xff\xfe", first=0x81),
        struct.pack("!BBQ", 0x82, 0xFF, 70_000) + b"\0" * 9,
        struct.pack("!BBH", 0x82, 0xFE, 5) + b"\0\0\0\0tooshort",
    ],
    ids=["fragment", "ping", "close", "reserved bit", "not masked", "not UTF-8", "64-bit length", "padded length"],
)
def test_the_unusual_goes_to_the_general_parser_with_all_that_follows(unusual):
    line, after = Line(), masked(b"after")
    line.dataReceived(masked(b"before") + unusual + b"\0" * 8 + after)
    assert line.taken == [(b"before", True)]
    assert line.data == unusual + b"\0" * 8 + after


def test_a_pong_is_taken_on_the_way_and_the_messages_around_it():
    line = Line()
    line.pinged_at = 1.0
    pong = masked(b"", first=0x8A)
    line.dataReceived(pong + masked(b"one") + pong)
    line.dataReceived(pong[:4])
    line.dataReceived(pong[4:] + masked(b"two"))
    assert line.taken == [(b"one", True)], "what was cut inside a pong is for the general parser, with all that follows"
    assert line.pinged_at == 0.0
    assert line.data == pong + masked(b"two")


def test_what_waits_in_the_queue_comes_first():
    line = Line()
    line.application_queue.put_nowait({"type": "websocket.receive", "text": "earlier"})
    line.dataReceived(masked(b"{}", first=0x81))
    assert line.taken == []
    assert [line.application_queue.get_nowait()["text"] for _ in range(2)] == ["earlier", "{}"]


def test_an_offenders_flood_is_thrown_away_unread_but_its_close_is_heard(monkeypatch):
    line, later = Line(), []
    line.transport = SimpleNamespace(pauseProducing=lambda: later.append("paused"), resumeProducing=None)
    monkeypatch.setattr(transport._reactor, "callLater", lambda after_s, _: later.append(after_s))

    def offended(payload: bytes, is_binary: bool) -> bool:
        line.taken.append((payload, is_binary))
        line.muted = True  # as GuardedConsumer.end does
        return True

    line.direct = offended
    line.dataReceived(masked(b"too much") * 100)
    line.dataReceived(masked(b"and more") * 100)
    assert line.taken == [(b"too much", True)]
    assert later == ["paused", transport.MUTED_READ_EVERY_S]
    assert (line.data, line.application_queue.qsize()) == (b"", 0)
    close = masked(struct.pack("!H", 4429), first=0x88)
    line.dataReceived(close)
    assert line.data == close, "for the general parser"


def test_unmasking_is_its_own_inverse_and_what_the_standard_says():
    payload, mask = os.urandom(777), b"\x11\x22\x33\x44"
    expected = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
    assert unmasked(payload, mask) == expected
    assert unmasked(expected, mask) == payload
    assert unmasked(b"", mask) == b""


def test_several_processes_may_listen_on_one_port_but_only_when_they_say_so():
    first = listen_shared("127.0.0.1", 0)
    port = first.getsockname()[1]
    with listen_shared("127.0.0.1", port) as second:
        assert second.getsockname()[1] == port
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    first.close()
    (described,) = endpoints("127.0.0.1", port, shared=True)
    assert described.startswith("fd:fileno=")
    os.close(int(described.split("=")[1]))
