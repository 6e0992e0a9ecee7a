"""Foreign torch weights → safetensors."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Read .bin, .pt or .pth weights in a limited process (tensors only) and write them as safetensors."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path)
        parser.add_argument("target", type=Path, help="a file ending in .safetensors")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.convert import convert_weights

        target: Path = options["target"]
        if target.suffix != ".safetensors":
            raise CommandError("The target must end in .safetensors.")
        if target.exists():
            raise CommandError(f"{target} exists already.")
        try:
            facts = convert_weights(options["source"], target)
        except MLError as error:
            raise CommandError(f"{error}"[:1].upper() + f"{error}"[1:] + ".") from error
        self.stdout.write(f"{facts['n_tensors']} tensors, {facts['n_values']:,} values written to {target}")
