"""Settings of FitBalance, read from the environment (see README, "Settings").

Every value has a safe default for one machine; production names its own secret key, hosts,
PostgreSQL and Redis. Files are split by subject so that a reader finds a setting by its room.
"""

from fitbalance.settings.base import *  # noqa: F403, I001
from fitbalance.settings.security import *  # noqa: F403
from fitbalance.settings.accounts import *  # noqa: F403
from fitbalance.settings.api import *  # noqa: F403
from fitbalance.settings.background import *  # noqa: F403
from fitbalance.settings.exchange import *  # noqa: F403
from fitbalance.settings.models_server import *  # noqa: F403
from fitbalance.settings.parts import *  # noqa: F403
