"""`manage.py sweep`: deliver, recover and end jobs, and do the registered chores, for ever."""

import logging
import signal
import time
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from mlops.jobs.chores import chores
from mlops.jobs.services.sweeping import sweep_once

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Recover lost and stuck jobs, and run periodic chores."
    requires_system_checks = []  # they load every page of the site, and this process has none

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one pass with every chore, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        done_at: dict[str, float] = {}
        while True:
            _guarded("sweep", sweep_once)
            for chore in chores():
                if time.monotonic() - done_at.get(chore.name, float("-inf")) >= chore.every_s:
                    done_at[chore.name] = time.monotonic()
                    _guarded(chore.name, chore.run)
            connections.close_all()
            if options["once"] or stop.wait(settings.JOB_SWEEP_S):
                return


def _guarded(name: str, run: Any) -> None:
    """One failing pass is logged; the next one comes."""
    try:
        run()
    except Exception:
        logger.exception("%s failed", name)
