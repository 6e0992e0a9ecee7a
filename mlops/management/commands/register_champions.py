"""`manage.py register_champions`: the small trained models of the repository become served versions."""

from typing import Any

from django.core.management.base import BaseCommand

from mlops.registry.services.champions import champions_register


class Command(BaseCommand):
    help = "Register the trained models that ship with FitBalance. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        n_new = champions_register(self.stdout.write)
        if options["verbosity"]:
            self.stdout.write(f"Registered shipped champions ({n_new} new)")
