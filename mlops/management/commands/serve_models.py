"""`manage.py serve_models`: the process that runs models which need torch or hundreds of megabytes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Serve large models over local HTTP; load them on demand."
    requires_system_checks = []  # they load every page of the site, and this process has none

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.MODELS_HOST)
        parser.add_argument("--port", type=int, default=settings.MODELS_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.serving.server import serve
        from mlops.serving.services.loaders import register_defaults

        register_defaults()
        serve(options["host"], options["port"])
