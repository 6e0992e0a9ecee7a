"""Take the demo out again."""

from typing import Any

from django.core.management.base import BaseCommand

from web.services.demo import demo_remove


class Command(BaseCommand):
    help = "Remove exactly the demo rows and their files; other data stays."

    def handle(self, *args: Any, **options: Any) -> None:
        n_rows = demo_remove(say=self.stdout.write)
        self.stdout.write(f"Removed {n_rows} demo rows.")
