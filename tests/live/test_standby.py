"""The web process in reserve takes the port over when the one that serves it is killed."""

import subprocess
import sys
import urllib.request

from tests.e2e.site import ROOT
from tests.live.server import LiveServer


def test_a_killed_server_is_replaced_by_the_one_that_waits(tmp_path):
    server = LiveServer(tmp_path)
    with server.log.open("ab") as log:
        spare = subprocess.Popen(
            [sys.executable, "-m", "fitbalance.serve", "--port", str(server.port), "--relay"],
            cwd=ROOT, env=server.environment, stdout=log, stderr=log,
        )
    try:
        server.kill()
        server.web = spare
        server.start()
        with urllib.request.urlopen(f"{server.url}/version/", timeout=20) as answer:
            assert answer.status == 200
        assert spare.poll() is None
    finally:
        server.stop()
