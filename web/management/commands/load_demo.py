"""Fill the site with demo people and demo data."""

from typing import Any

from django.core.management.base import BaseCommand

from web.services.demo import demo_load


class Command(BaseCommand):
    help = "Make demo logins and demo data. Running it again changes nothing that is already there."

    def handle(self, *args: Any, **options: Any) -> None:
        demo_load(say=self.stdout.write)
