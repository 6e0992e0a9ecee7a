"""What cuts, killed servers and hostile clients do to live streams: the whole site under its supervisor.

    python -m benchmarks.live_faults --minutes 10 --hostile-minutes 5 --json FILE

(a) 50 streams of 50 samples a second for --minutes, 20 cuts of some or all lines and 3 `kill -9` of the web process:
    every acknowledged number must be stored exactly once, no sample lost or doubled, and streams be back in 5 s.
(b) 50 healthy streams for --hostile-minutes beside 20 clients that never read and 5 that flood, each of which comes
    back a second after it was closed: memory, latency of the healthy, time until an offender is closed.

Clients are those of docs/clients. The generator shares the machine with the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.live_parts import site as sites
from benchmarks.live_parts.fault_streams import Streamer, back_after, live_client, p95, play, quantile, some
from mlops.ml.parent import die_with_parent

BACK_WITHIN_S, CLOSED_WITHIN_S, HEALTHY_P95_MS, GROWTH_MIB = 5.0, 15.0, 250.0, 100.0
SETTLE_S = 90.0
WARM_S = 10.0


class Supervised:
    """`python -m fitbalance.supervise` on a temporary folder."""

    def __init__(self, var: Path, port: int, *, spare: bool) -> None:
        self.var, self.port = var, port
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {"FITBALANCE_DEMO": "0", "PORT": str(port), "WEB_SPARE": "1" if spare else "0"}
        self._log = (var / "start.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fitbalance.supervise"], cwd=sites.ROOT, env=environment,
            stdout=self._log, stderr=self._log, start_new_session=True, preexec_fn=die_with_parent,
        )

    def web_pids(self) -> list[int]:
        """The web processes that serve the port (one that stands ready does not), found below the supervisor."""
        import psutil

        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if "fitbalance.serve" in child.cmdline() and self._listens(child):
                    found.append(child.pid)
            except psutil.NoSuchProcess:
                continue
        return found

    def _listens(self, process: Any) -> bool:
        return any(line.status == "LISTEN" and line.laddr.port == self.port for line in process.net_connections("tcp"))

    async def up(self) -> None:
        import urllib.request

        def asks() -> bool:
            try:
                urllib.request.urlopen(f"{self.url}/version/", timeout=5).close()
            except OSError:
                return False
            return True

        for _ in range(1500):
            if await asyncio.to_thread(asks):
                return
            await asyncio.sleep(0.2)
        raise RuntimeError((self.var / "start.log").read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        self._log.close()


async def streamers_for(site: Supervised, athletes: list[list[str]]) -> list[Streamer]:
    """One connected stream for each [path, token]."""
    module = live_client()
    found = []
    for path, secret in athletes:
        client = module.LiveClient(site.url, secret, session=path.strip("/").split("/")[-1], rate_hz=50.0)
        await client.__aenter__()
        found.append(Streamer(client))
    for streamer in found:
        streamer.listener = asyncio.create_task(streamer.listen())  # type: ignore[attr-defined]
    return found


async def leave(streamers: list[Streamer]) -> None:
    for streamer in streamers:
        await streamer.client.__aexit__()


async def resume_part(site: Supervised, athletes: list[list[str]], options: argparse.Namespace) -> dict[str, Any]:
    """(a): cuts and restarts while everybody streams."""
    chance = random.Random(options.seed)
    streamers = await streamers_for(site, athletes)
    seconds = 60 * options.minutes
    begin = time.monotonic()
    player = asyncio.create_task(play(streamers, begin + seconds))
    events = ["cut"] * options.cuts + ["restart"] * options.restarts
    chance.shuffle(events)
    gap_s = (seconds - 2 * WARM_S) / len(events)
    cuts: list[float] = []
    restarts: list[list[float]] = []
    for n, event in enumerate(events):
        await asyncio.sleep(max(0.0, begin + WARM_S + n * gap_s - time.monotonic()))
        now = time.monotonic()
        if event == "cut":
            chosen = some(streamers, chance)
            for streamer in chosen:
                streamer.cut()
            cuts += await back_after(chosen, now)
        else:
            for pid in site.web_pids():
                os.kill(pid, signal.SIGKILL)
            restarts.append(await back_after(streamers, now))
    await player
    settling = time.monotonic()
    while any(s.client.outbox.n_frames for s in streamers) and time.monotonic() - settling < SETTLE_S:
        await asyncio.sleep(0.1)
    unsettled = sum(s.client.outbox.n_samples for s in streamers)
    await leave(streamers)
    stored = await asyncio.to_thread(compare, streamers)
    return {
        "streams": len(streamers), "minutes": options.minutes, "cuts": options.cuts, "restarts": len(restarts),
        "back_after_cut_s": {"median": _r(quantile(cuts, 0.5)), "max": _r(max(cuts, default=0.0))},
        "back_after_restart_s": [{"median": _r(quantile(one, 0.5)), "max": _r(max(one))} for one in restarts],
        "unsettled_samples": unsettled, "bad_samples": sum(s.n_bad for s in streamers), **stored,
        "holds": unsettled == 0 and stored["lost"] == stored["doubled"] == stored["acknowledged_not_stored"] == 0
        and max([*cuts, *(max(one) for one in restarts)], default=0.0) <= BACK_WITHIN_S,
    }


def compare(streamers: list[Streamer]) -> dict[str, int]:
    """What was sent and acknowledged against what lies in the database."""
    from sessions.live.services.frames import frame_from_payload
    from sessions.models import StreamChunk

    found = {"sent": 0, "stored": 0, "lost": 0, "doubled": 0, "acknowledged": 0, "acknowledged_not_stored": 0}
    for streamer in streamers:
        seqs: list[int] = []
        ticks: list[int] = []
        for chunk in StreamChunk.objects.filter(stream__session=streamer.client.session).order_by("seq").iterator():
            seqs.append(chunk.seq)
            ticks += (frame_from_payload(chunk.seq, chunk.n_samples, bytes(chunk.payload)).t * 50).round().tolist()
        found["sent"] += streamer.n_samples
        found["stored"] += len(ticks)
        found["lost"] += streamer.n_samples - len(set(ticks))
        found["doubled"] += len(ticks) - len(set(ticks)) + len(seqs) - len(set(seqs))
        found["acknowledged"] += len(streamer.acknowledged)
        found["acknowledged_not_stored"] += len(streamer.acknowledged - set(seqs))
    return found


async def hostile_part(
    site: Supervised, athletes: list[list[str]], hostile: list[list[str]], options: argparse.Namespace
) -> dict[str, Any]:
    """(b): the same number of healthy streams, without and with offenders."""
    seconds = 60 * options.hostile_minutes
    streamers = await streamers_for(site, athletes)
    begin = time.monotonic()
    player = asyncio.create_task(play(streamers, begin + WARM_S + seconds + 5))
    await asyncio.sleep(WARM_S)
    pids = site.web_pids()
    before_kib, most_kib, begun = sites.rss_kib(pids), 0, time.monotonic()
    offenders = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.live_parts.fault_offenders", site.url.rsplit(":", 1)[1], str(seconds),
        str(options.deaf), cwd=sites.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    told = asyncio.create_task(offenders.communicate(json.dumps(hostile).encode()))
    while time.monotonic() - begun < seconds and not told.done():
        most_kib = max(most_kib, sites.rss_kib(pids))
        await asyncio.sleep(0.5)
    over = time.monotonic()
    await player
    closed = json.loads((await told)[0])
    await leave(streamers)
    quiet = [ms for s in streamers for at, ms in s.waits_ms if at < begun]
    waits = [ms for s in streamers for at, ms in s.waits_ms if begun <= at <= over]
    growth_mib = (most_kib - before_kib) / 1024
    longest = max([*closed["deaf"], *closed["flood"]], default=float("inf"))
    figures = {
        "healthy": len(streamers), "deaf": options.deaf, "flooding": options.flooding,
        "minutes": options.hostile_minutes, "rss_before_mib": _r(before_kib / 1024), "growth_mib": _r(growth_mib),
        "p95_before_ms": _r(p95(quiet)), "p95_ms": _r(p95(waits)), "p99_ms": _r(quantile(waits, 0.99)),
        "answers": len(waits), "skipped": sum(s.n_skipped for s in streamers),
        "healthy_cut": sum(s.client.n_connections - 1 for s in streamers),
        "closed": {name: _spread(closed[name]) for name in ("deaf", "flood")}, "never_closed": closed["open"],
    }
    figures["holds"] = (
        growth_mib <= GROWTH_MIB and p95(waits) <= HEALTHY_P95_MS and longest <= CLOSED_WITHIN_S
        and not closed["open"] and figures["healthy_cut"] == 0
    )
    return figures


def _spread(values: list[float]) -> dict[str, Any]:
    return {"n": len(values), "median_s": _r(quantile(values, 0.5)), "max_s": _r(max(values, default=0.0))}


def _r(value: float) -> float:
    return round(value, 2)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Set the site up, run the parts that have a length, return the figures."""
    with tempfile.TemporaryDirectory(prefix="fitbalance-faults-") as folder:
        var, port = Path(folder), sites.free_port()
        sites.set_up(var, servers=options.servers, port=port)
        sites.prepare(demo=False)
        if options.model:
            from benchmarks.live_parts.models import register_model

            register_model(options.model)
        athletes = sites.make_athletes(2 * options.streams + options.deaf + options.flooding)
        site = Supervised(var, port, spare=options.spare)

        async def all_parts() -> dict[str, Any]:
            await site.up()
            figures: dict[str, Any] = {"machine": sites.facts(), "servers": options.servers, "spare": options.spare}
            n = options.streams
            if options.minutes:
                figures["resume"] = await resume_part(site, athletes[:n], options)
            if options.hostile_minutes:
                figures["hostile"] = await hostile_part(site, athletes[n : 2 * n], athletes[2 * n :], options)
            return figures

        try:
            return asyncio.run(all_parts())
        finally:
            site.stop()


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    found.add_argument("--minutes", type=float, default=10.0, help="of part (a); 0 leaves it out")
    found.add_argument("--hostile-minutes", type=float, default=5.0, help="of part (b); 0 leaves it out")
    found.add_argument("--streams", type=int, default=50)
    found.add_argument("--cuts", type=int, default=20)
    found.add_argument("--restarts", type=int, default=3)
    found.add_argument("--deaf", type=int, default=20)
    found.add_argument("--flooding", type=int, default=5)
    found.add_argument("--servers", type=int, default=1, help="web processes behind the port")
    found.add_argument("--no-spare", dest="spare", action="store_false", help="without a web process in reserve")
    found.add_argument("--model", default="", help="bilstm or cnn with random weights instead of the shipped champion")
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--json", type=Path)
    return found


def main() -> int:
    options = parser().parse_args()
    figures = run(options)
    text = json.dumps(figures, indent=1)
    if options.json:
        options.json.write_text(text + "\n")
    print(text)
    return 0 if all(figures[part]["holds"] for part in ("resume", "hostile") if part in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
