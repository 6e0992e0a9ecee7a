"""Say what is there and what is missing, each with its remedy."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

MARKS = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}


class Command(BaseCommand):
    help = (
        "Check libraries, programs, database, Redis, storage, disk and weights. Exits with 1 if something is missing."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--all", action="store_true", help="also list libraries that are fine")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.installation import findings, summary

        found = list(findings())
        counts = summary(found)
        if options["json"]:
            self.stdout.write(json.dumps({"findings": [asdict(one) for one in found], **counts}, indent=1))
        else:
            area = ""
            for one in found:
                if one.level == "ok" and one.area == "Libraries" and not options["all"]:
                    continue
                if one.area != area:
                    area = one.area
                    self.stdout.write(f"\n{area}")
                remedy = f" → {one.remedy}" if one.remedy and one.level != "ok" else ""
                self.stdout.write(f"  {MARKS[one.level]} {one.name}: {one.detail}{remedy}")
            n_libraries = sum(one.area == "Libraries" and one.level == "ok" for one in found)
            lacking = ", ".join(f"{one.area} {one.name}" for one in found if one.level == "missing")
            self.stdout.write(
                f"\n{n_libraries} libraries OK; notes: {counts['note']}; missing: {counts['missing']}."
            )
            self.stdout.write(f"Not ready: {lacking}." if lacking else "Ready.")
        if counts["missing"]:
            sys.exit(1)
