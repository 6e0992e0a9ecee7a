"""Settings of worker and sweeper processes that a test starts: the test's own database and Redis."""

import os

from fitbalance.settings import *  # noqa: F403
from fitbalance.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["ENGINE_TEST_DATABASE"]
