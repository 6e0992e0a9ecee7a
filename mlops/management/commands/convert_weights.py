"""Foreign weights → safetensors."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

KINDS = ("torch", "whisper")


class Command(BaseCommand):
    help = (
        "Read foreign weights in a limited process and write them as safetensors: a .bin, .pt or .pth file of torch "
        "(tensors only), or a folder with a Whisper model of CTranslate2, which becomes a checkpoint for transformers."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path)
        parser.add_argument("target", type=Path, help="a file ending in .safetensors; for whisper a new folder")
        parser.add_argument("--kind", choices=KINDS, default=KINDS[0], help="what the source is (default: torch)")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.convert import convert_weights
        from mlops.ml.speech.whisper_checkpoint import convert_whisper

        target: Path = options["target"]
        is_whisper = options["kind"] == "whisper"
        if not is_whisper and target.suffix != ".safetensors":
            raise CommandError("The target must end in .safetensors.")
        if target.exists():
            raise CommandError(f"{target} exists already.")
        try:
            facts = (convert_whisper if is_whisper else convert_weights)(options["source"], target)
        except MLError as error:
            raise CommandError(f"{error}"[:1].upper() + f"{error}"[1:] + ".") from error
        self.stdout.write(f"{facts['n_tensors']} tensors, {facts['n_values']:,} values written to {target}")
