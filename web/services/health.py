"""Is everything there that the site needs?"""

import shutil
from dataclasses import dataclass
from enum import StrEnum

import redis
from django.conf import settings
from django.db import DatabaseError, connection

MIN_FREE_BYTES = 100 * 1024 * 1024


class Health(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    """People can use the site; background work waits."""
    DOWN = "down"


@dataclass(frozen=True)
class HealthReport:
    status: Health
    checks: dict[str, str]
    """part → "ok" or a short word for what is wrong; no addresses, no versions, no traces."""


def health_check() -> HealthReport:
    """Look at the database, Redis and the disk. Never raises."""
    checks = {"database": _database(), "redis": _redis(), "disk": _disk()}
    if checks["database"] != "ok" or checks["disk"] != "ok":
        status = Health.DOWN
    else:
        status = Health.OK if checks["redis"] == "ok" else Health.DEGRADED
    return HealthReport(status, checks)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok"
    except DatabaseError:
        return "unreachable"


def _redis() -> str:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=None)
    try:
        return "ok" if client.ping() else "unreachable"
    except (redis.RedisError, OSError):
        return "unreachable"
    finally:
        client.close()


def _disk() -> str:
    try:
        return "ok" if shutil.disk_usage(settings.VAR_DIR).free > MIN_FREE_BYTES else "full"
    except OSError:
        return "unreachable"
