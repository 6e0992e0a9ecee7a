"""`manage.py describe_estimators`: write mlops/estimators.json from the code, for the forms of the web process."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from mlops.kinds.estimators import FILE, estimators_describe


class Command(BaseCommand):
    help = "Describe every estimator and its options in mlops/estimators.json."

    def handle(self, *args: Any, **options: Any) -> None:
        described = estimators_describe()
        FILE.write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n", "utf-8")
        self.stdout.write(f"{len(described)} estimators described in {FILE.name}")
