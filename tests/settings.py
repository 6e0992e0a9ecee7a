"""Settings of the test suite: a temporary folder for everything that is written, cheap passwords."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="fitbalance-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["FITBALANCE_ENV"] = "test"
os.environ["FITBALANCE_VAR"] = _folder
for name in ("DATABASE_URL", "REDIS_URL", "FITBALANCE_DEBUG", "FITBALANCE_HTTPS", "EMAIL_URL", "SECRET_KEY"):
    if not os.environ.get("FITBALANCE_TEST_KEEP_" + name):
        os.environ.pop(name, None)

from fitbalance.settings import *  # noqa: E402, F403
from fitbalance.settings import DATABASES, STATIC_ROOT, VAR_DIR  # noqa: E402

STATIC_ROOT.mkdir()

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads of one test then share it the way processes do.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
