"""What we use of Daphne, Twisted and Autobahn beyond their public interfaces, and where an upgrade must be looked at.

The guarded websocket protocol and the capped web requests lean on how these libraries work inside. Each row names one
piece of foreign code, where we lean on it and what for, with a digest of its source. When an upgrade changes that
source the row fails: read what changed, see that the place named still does what it says, run tests/live and
tests/web/test_serve.py, then write the new digest (the failure shows it).
"""

import ast
import hashlib
import inspect
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVE, TRANSPORT = "fitbalance/serve.py", "web/consumers/transport.py"
LEANING = (SERVE, "fitbalance/standby.py", *(f"web/consumers/{path.name}" for path in ROOT.glob("web/consumers/*.py")))


@dataclass(frozen=True)
class Use:
    """One piece of foreign code, "module:object", that `where` leans on for `why`."""

    what: str
    where: str
    why: str
    digest: str

    def source(self) -> str:
        """The code without blank lines, lines of comment and indentation."""
        module, _, path = self.what.partition(":")
        found: Any = import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
        lines = (line.strip() for line in inspect.getsource(found).splitlines())
        return "\n".join(line for line in lines if line and not line.startswith("#"))


USES = [
    Use(
        "daphne.server:Server.run",
        SERVE,
        "takes its HTTP factory from the name HTTPFactory in its module",
        "f72d5530906d",
    ),
    Use(
        "daphne.server:Server.create_application",
        SERVE,
        "the scope is extended with the protocol first",
        "6f24286e9f31",
    ),
    Use("daphne.server:Server.listen_error", SERVE, "is told when the address is taken", "998d61309d6d"),
    Use(
        "daphne.http_protocol:HTTPFactory.buildProtocol",
        SERVE,
        "the protocol's requestFactory is replaced",
        "3a7e617482b0",
    ),
    Use("daphne.http_protocol:WebRequest.process", SERVE, "is left out for a refused request", "3b68bd3d269d"),
    Use("twisted.web.http:Request.gotLength", SERVE, "runs before the body, with its announced length", "56e5015a8e24"),
    Use("twisted.web.http:Request.handleContentChunk", SERVE, "gets every piece of a body", "e6b3f540b0ad"),
    Use(
        "twisted.web.http:HTTPChannel.dataReceived",
        SERVE,
        "begins the time of a request, and is replaced on the channel of a refused one",
        "bb36a79307fb",
    ),
    Use("twisted.web.http:HTTPChannel.requestDone", SERVE, "plays the next request", "a167aed018c8"),
    Use("twisted.web.http:_genericHTTPChannelProtocolFactory", SERVE, "our channel is inside", "781b1554d57a"),
    Use(
        "twisted.web.http:HTTPChannel.loseConnection",
        SERVE,
        "is replaced on the channel of a refused request",
        "2f13100fcc00",
    ),
    Use("daphne.ws_protocol:WebSocketProtocol.onConnect", TRANSPORT, "sets application_deferred", "22e63995760e"),
    Use(
        "daphne.ws_protocol:WebSocketProtocol.applicationCreateWorked",
        TRANSPORT,
        "sets application_queue",
        "57ba8bca4fa3",
    ),
    Use(
        "daphne.ws_protocol:WebSocketProtocol.onMessage",
        TRANSPORT,
        "puts messages into application_queue",
        "d2dcabe777c4",
    ),
    Use("daphne.ws_protocol:WebSocketProtocol.onClose", TRANSPORT, "says nothing more once muted", "d9bb78d9ca94"),
    Use("daphne.ws_protocol:WebSocketProtocol.serverClose", TRANSPORT, "closes with our code", "fc306e9a11de"),
    Use(
        "daphne.ws_protocol:WebSocketProtocol.check_timeouts", TRANSPORT, "pings when last_ping is old", "9e935b8d8c58"
    ),
    Use("daphne.ws_protocol:WebSocketFactory.buildProtocol", TRANSPORT, "makes what `protocol` names", "fe3c34d698b8"),
    Use(
        "autobahn.twisted.websocket:WebSocketAdapterProtocol.connectionLost",
        TRANSPORT,
        "is_open and is_closed go after it",
        "b2359facb6e3",
    ),
    Use(
        "autobahn.twisted.websocket:WebSocketAdapterProtocol.dataReceived",
        TRANSPORT,
        "takes what we leave to it",
        "0c4d04986b86",
    ),
    Use(
        "autobahn.websocket.protocol:WebSocketProtocol._dataReceived",
        TRANSPORT,
        "keeps the incomplete rest in `data`",
        "409b5834cedf",
    ),
    Use(
        "autobahn.websocket.protocol:WebSocketProtocol.processData",
        TRANSPORT,
        "keeps current_frame, inside_message",
        "b9ac920e62ae",
    ),
    Use(
        "autobahn.websocket.protocol:WebSocketProtocol._connectionMade",
        TRANSPORT,
        "logs with pformat; sets the state",
        "c30299214c03",
    ),
    Use(
        "autobahn.websocket.protocol:WebSocketProtocol.dropConnection",
        TRANSPORT,
        "wasClean decides how to hang up",
        "25c95b31aa8d",
    ),
    Use(
        "autobahn.websocket.protocol:WebSocketProtocol._fail_connection", TRANSPORT, "obeys failByDrop", "b12c8da439b3"
    ),
    Use(
        "twisted.internet.abstract:FileDescriptor.__init__",
        TRANSPORT,
        "dataBuffer and _tempDataLen hold what is unsent",
        "7c774fa3eece",
    ),
    Use("twisted.internet.abstract:FileDescriptor.write", TRANSPORT, "_tempDataLen grows", "1bcfa23120d6"),
    Use(
        "twisted.internet.abstract:FileDescriptor.doWrite", TRANSPORT, "dataBuffer is what was not sent", "4ee4fda4f684"
    ),
    Use(
        "twisted.internet.tcp:Connection.__init__",
        TRANSPORT,
        "`socket` is the socket itself, non-blocking",
        "49620015890d",
    ),
    Use(
        "twisted.internet.tcp:Connection.writeSomeData",
        TRANSPORT,
        "sends past TLS, as our short way does",
        "145f54d404c2",
    ),
]


def digest(use: Use) -> str:
    return hashlib.sha256(use.source().encode()).hexdigest()[:12]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.what.split(":")[1])
def test_foreign_code_that_we_lean_on_is_what_we_read(use):
    library = use.what.split(".")[0]
    now = f"{use.what} of {library} {version(library)} is not what we read"
    changed = f"{now}: look at {use.where}, which relies on this: {use.why}"
    assert digest(use) == use.digest, changed


def test_every_private_name_of_others_is_listed():
    """Attributes with an underscore that are not our own objects': each must stand in the reason of some row."""
    told = " ".join(f"{use.what} {use.why}" for use in USES)
    for path in LEANING:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                assert owner in ("self", "cls") or node.attr in told, f"{path}:{node.lineno}: {node.attr}"
