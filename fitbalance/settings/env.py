"""Reading the environment: one place, so that every other settings file stays declarative."""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from fitbalance import private

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DEVELOPMENT_KEY = "development-only-key-never-used-in-production-0123456789abcdef"

MODE = env.str("FITBALANCE_ENV", "development")
if MODE not in {"development", "production", "test"}:
    raise ImproperlyConfigured("FITBALANCE_ENV must be development, production or test")
PRODUCTION = MODE == "production"
TESTING = MODE == "test"

VAR_DIR = Path(env.str("FITBALANCE_VAR", str(BASE_DIR / "var"))).resolve()
"""Everything FitBalance writes: database, files, Redis, logs. Never inside the source folders."""

private.begin(VAR_DIR)
os.environ.setdefault("OMP_NUM_THREADS", "1")
