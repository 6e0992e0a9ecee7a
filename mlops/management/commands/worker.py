"""`manage.py worker --queue default|video|train`: one worker on one queue."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mlops.jobs.kinds import QUEUES
from mlops.jobs.workers import LOW_PRIORITY, lower_priority, worker_make


class Command(BaseCommand):
    help = "Run background jobs from one queue until stopped."
    requires_system_checks = []  # they load every page of the site, and this process has none

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queue", choices=QUEUES, default="default")
        parser.add_argument("--burst", action="store_true", help="exit when the queue is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["queue"] in LOW_PRIORITY:
            lower_priority()
        worker_make(options["queue"]).work(burst=options["burst"], logging_level="WARNING")
