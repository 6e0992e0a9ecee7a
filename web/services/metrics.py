"""Figures for operators, of all web processes together.

Each process counts in its memory and leaves what it counted in Redis every few seconds, under its own name; whichever
process is asked puts them together, each with the label `process`. A process that ended is forgotten after a while, one
that was restarted begins at zero, as Prometheus expects. Without Redis only the asked process tells of itself.
"""

import json
import logging
import os
import resource
import shutil
import socket
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.urls import URLResolver, get_resolver

from mlops.ml.prometheus import Family, prometheus_text
from web.registries import figures

log = logging.getLogger(__name__)

KEY = "fitbalance:metrics"
TELL_EVERY_S = 5.0
FORGOTTEN_AFTER_S = 30.0
BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FAMILIES = {
    "fitbalance_requests_total": ("counter", "Answers by route, method and status."),
    "fitbalance_request_seconds": ("histogram", "Seconds from a request to the end of its answer, by route."),
    "fitbalance_live_frames_total": ("counter", "Frames of live streams that were stored."),
    "fitbalance_live_answers_total": ("counter", "Live windows that were answered."),
    "fitbalance_live_left_out_total": ("counter", "Live windows that gave way to newer ones of their stream."),
}
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_lock = threading.Lock()
_counts: dict[tuple[str, str, tuple[tuple[str, str], ...]], float] = {}
_teller: threading.Thread | None = None


def count(name: str, n: float = 1, *, end: str = "", **labels: str) -> None:
    """Add to a figure of this process; `name` is one of FAMILIES. Cheap; thread-safe."""
    key = (name, end, tuple(labels.items()))
    with _lock:
        _counts[key] = _counts.get(key, 0) + n


def request_count(method: str, path: str, status: int, seconds: float) -> None:
    """One answered request, whoever answered it."""
    route = route_class(path)
    known = method if method in METHODS else "other"
    count("fitbalance_requests_total", route=route, method=known, status=str(status))
    name = "fitbalance_request_seconds"
    for bound in BOUNDS_S[bisect_left(BOUNDS_S, seconds) :]:
        count(name, end="_bucket", route=route, le=f"{bound:g}")
    count(name, end="_bucket", route=route, le="+Inf")
    count(name, end="_count", route=route)
    count(name, seconds, end="_sum", route=route)


def route_class(path: str) -> str:
    """ "api/recordings", "workouts", "static" … or "other": few, whatever people ask for."""
    parts = path.split("?", 1)[0].strip("/").split("/")
    if parts[:2] == ["api", "v1"] and len(parts) > 2:
        found = f"api/{parts[2]}"
    else:
        found = parts[0] or "landing"
    return found if found in _known_routes() else "other"


@cache
def _known_routes() -> frozenset[str]:
    found = {"landing", "static"}
    for pattern in _patterns(get_resolver().url_patterns):
        parts = pattern.split("/")
        found.add(f"api/{parts[2]}" if parts[:2] == ["api", "v1"] else parts[0])
    return frozenset(one for one in found if one and not set("<>^()[]\\$") & set(one))


def _patterns(items: Iterable[Any], before: str = "") -> Iterable[str]:
    for item in items:
        here = before + str(item.pattern).lstrip("^")
        if isinstance(item, URLResolver):
            yield from _patterns(item.url_patterns, here)
        else:
            yield here


def process_name() -> str:
    """Stays over restarts: the supervisor's name for it, else its number."""
    return f"{socket.gethostname()}/{os.environ.get('SUPERVISOR_PROCESS_NAME') or os.getpid()}"


def process_figures() -> list[Family]:
    """What this process counted, its memory and what apps tell of it."""
    families = {name: Family(name, kind, words) for name, (kind, words) in FAMILIES.items()}
    with _lock:
        counted = sorted(_counts.items())
    for (name, end, labels), value in counted:
        families[name].samples.append((end, dict(labels), value))
    memory = Family("fitbalance_process_resident_bytes", "gauge", "Memory that a web process holds.")
    memory.add(_resident_bytes())
    spent = Family("fitbalance_process_cpu_seconds_total", "counter", "Processor time that a web process has used.")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent.add(round(usage.ru_utime + usage.ru_stime, 2))
    return [*families.values(), memory, spent, *(one for source in figures.process_sources() for one in source())]


def telling_start() -> None:
    """Let a thread of this process tell its figures for as long as it lives."""
    global _teller
    if _teller is None:
        _teller = threading.Thread(target=_tell_for_ever, name="metrics", daemon=True)
        _teller.start()


def tell(client: Any) -> None:
    """Leave the figures of this process where the others find them."""
    facts = {"at": time.time(), "families": [asdict(one) for one in process_figures()]}
    client.hset(KEY, process_name(), json.dumps(facts))


def metrics_text() -> str:
    """Everything, as Prometheus reads it. Never raises: what cannot be asked is said in `fitbalance_up`."""
    up = Family("fitbalance_up", "gauge", "1 while a part can be asked for its figures, else 0.")
    families: dict[str, Family] = {}
    _merge(families, process_name(), process_figures())
    up.add(int(_gather(families)), part="redis")
    for source in [_site_figures, *figures.site_sources()]:
        name = source.__name__.strip("_").removesuffix("_figures")
        try:
            for one in source():
                families.setdefault(one.name, Family(one.name, one.kind, one.help)).samples.extend(one.samples)
            up.add(1, part=name)
        except Exception as error:  # one part that is away must not hide the others
            log.warning("the figures of %s cannot be had: %s", name, error)
            up.add(0, part=name)
    return prometheus_text([up, *families.values()])


def _gather(families: dict[str, Family]) -> bool:
    """The figures of the other processes; False when Redis is away."""
    try:
        with _redis() as client:
            found = client.hgetall(KEY)
            for raw_name, raw in found.items():
                name, facts = raw_name.decode(), json.loads(raw)
                if time.time() - facts["at"] > FORGOTTEN_AFTER_S:
                    client.hdel(KEY, raw_name)
                elif name != process_name():
                    _merge(families, name, [Family(**one) for one in facts["families"]])
    except (redis.RedisError, OSError):
        return False
    return True


def _merge(families: dict[str, Family], process: str, more: Iterable[Family]) -> None:
    for one in more:
        into = families.setdefault(one.name, Family(one.name, one.kind, one.help))
        into.samples += [(end, {"process": process, **labels}, value) for end, labels, value in one.samples]


def _site_figures() -> Iterable[Family]:
    """Version, disk, database."""
    info = Family("fitbalance_info", "gauge", "Which FitBalance this is.")
    info.add(1, version=settings.VERSION)
    free = Family("fitbalance_disk_free_bytes", "gauge", "Room that is left where FitBalance writes.")
    size = Family("fitbalance_disk_size_bytes", "gauge", "Size of the disk where FitBalance writes.")
    for name, folder in (("var", settings.VAR_DIR), ("files", settings.MEDIA_ROOT)):
        usage = shutil.disk_usage(folder if Path(folder).exists() else settings.VAR_DIR)
        free.add(usage.free, folder=name)
        size.add(usage.total, folder=name)
    yield from (info, free, size)
    database = Family("fitbalance_database_bytes", "gauge", "Size of the database, with SQLite's log.")
    database.add(_database_bytes(), engine=connection.vendor)
    yield database


def _database_bytes() -> int:
    if connection.vendor == "sqlite":
        paths = [Path(f"{connection.settings_dict['NAME']}{end}") for end in ("", "-wal")]
        return sum(path.stat().st_size for path in paths if path.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _resident_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=None)


def _tell_for_ever() -> None:
    while True:
        time.sleep(TELL_EVERY_S)
        try:
            with _redis() as client:
                tell(client)
        except (redis.RedisError, OSError):
            continue
