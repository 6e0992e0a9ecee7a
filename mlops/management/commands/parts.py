"""`manage.py parts`: what is here of the catalogue of pretrained parts, and what is missing."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.ml.contract import MLError


class Command(BaseCommand):
    help = "List pretrained parts: installed or missing, size, licence, what for, and how to get them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--verify", action="store_true", help="read every file and compare its SHA-256")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.parts.store import store
        from mlops.parts.selectors import part_states

        here, states = store(), part_states()
        broken = []
        for state in states if options["verify"] else []:
            if state.installed is not None:
                try:
                    here.verify(state.part.name)
                except MLError as error:
                    broken.append(str(error))
        if options["json"]:
            rows = [
                {
                    "name": state.part.name,
                    "installed": state.installed is not None,
                    "download_bytes": state.part.n_bytes,
                    "confirmed": state.part.is_confirmed,
                    "licence": state.part.licence,
                    "original": state.part.original,
                    "purpose": state.part.purpose,
                    "used_by": list(state.part.used_by),
                    "recommended": state.part.recommended,
                    "remedy": "" if state.installed else state.remedy,
                }
                for state in states
            ]
            self.stdout.write(json.dumps({"folder": str(here.root), "parts": rows, "altered": broken}, indent=1))
        else:
            for state in states:
                part = state.part
                mark = "have" if state.installed else "lack"
                star = "*" if part.recommended else " "
                used = f" Used by: {', '.join(part.used_by)}." if part.used_by else ""
                size = f"{part.n_bytes / 1e6:.1f} MB" if part.is_confirmed else _unconfirmed(part.n_bytes)
                doubt = "" if part.is_confirmed else " Size and licence not confirmed."
                facts = f"{part.name:<24} {size:>11}  {part.licence:<14} {part.purpose}.{used}{doubt}"
                self.stdout.write(f"{mark} {star} {facts}")
                if state.installed is None:
                    self.stdout.write(f"         → {state.remedy}")
            n_have = sum(state.installed is not None for state in states)
            self.stdout.write(f"\n{n_have} of {len(states)} are installed in {here.root}. * is recommended.")
        if broken:
            raise CommandError(" ".join(broken))


def _unconfirmed(n_bytes: int) -> str:
    """About so much, or nothing where not even that is known."""
    return f"about {n_bytes / 1e6:.0f} MB" if n_bytes else "-"
