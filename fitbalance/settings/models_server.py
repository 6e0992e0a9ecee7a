"""The process that runs large models (`manage.py serve_models`), and who asks it where."""

import os

from fitbalance.settings.env import VAR_DIR, env

MODELS_HOST = env.str("MODELS_HOST", "127.0.0.1")
MODELS_PORT = env.int("MODELS_PORT", env.int("PORT", 8000) + 1)
MODELS_ADDRESSES = env.list("MODELS_ADDRESSES", default=[f"http://127.0.0.1:{MODELS_PORT}"])
"""Where models servers answer, on one machine or several: each model has its own first choice among them."""
MODELS_EMBEDDED = not env.str("MODELS_ADDRESSES", "")
"""True: the supervisor runs a models server beside the web process."""
MODELS_TOKEN = env.str("MODELS_TOKEN", "")
"""The secret they share with those who ask; needed when MODELS_HOST is not this machine's own address."""
MODELS_TOKEN_FILE = VAR_DIR / "models.token"
"""Where the supervisor leaves one when MODELS_TOKEN is empty."""

MODELS_MEMORY_MB = env.int("MODELS_MEMORY_MB", 3000)
"""What all loaded models may take together; the one that was not used for longest makes room."""
MODELS_DEVICE = env.str("MODELS_DEVICE", "auto")
MODELS_PRECISION = env.str("MODELS_PRECISION", "auto")
MODELS_THREADS = env.int("MODELS_THREADS", max(1, (os.cpu_count() or 2) // 2))
MODELS_QUEUE = env.int("MODELS_QUEUE", 64)
"""Requests that may wait for one model; more are told when to try again."""
MODELS_BODY_MB = env.int("MODELS_BODY_MB", 64)
MODELS_TIMEOUT_S = env.float("MODELS_TIMEOUT_S", 10.0)
"""How long callers wait that say nothing else."""
MODELS_STUCK_S = env.float("MODELS_STUCK_S", 120.0)
"""A model that takes longer over one batch hangs: the process ends and is started again."""
MODELS_LOAD_S = env.float("MODELS_LOAD_S", 600.0)
