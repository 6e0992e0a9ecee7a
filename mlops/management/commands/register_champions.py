"""`manage.py register_champions`: the small trained models of the repository become served versions."""

from typing import Any

from django.core.management.base import BaseCommand

from mlops.services.champions import champions_register


class Command(BaseCommand):
    help = "Register the trained models that ship with FitBalance; repeating it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        n_new = champions_register(self.stdout.write)
        self.stdout.write(f"{n_new} new, shipped champions are registered")
