"""MediaPipe only, YOLO only and both, on the same windows and split, in one table."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Train a task classifier three times on a dataset from build_task_dataset: with the features of MediaPipe, of "
        "YOLO, and with all. Prints a table of their scores on the test part."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", type=Path, required=True, help="dataset from build_task_dataset")
        parser.add_argument("--model", choices=("rf", "lightgbm", "lstm", "tcn", "transformer"), default="rf")
        parser.add_argument("--agg", choices=("stats", "flatten"), default="stats", help="what trees see of a window")
        parser.add_argument("--n-estimators", type=int, default=100, help="trees, or rounds of boosting; default: 100")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", type=Path, help="also write the table here")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.vision.task_ablation import compare_detectors, detectors_table
        from mlops.ml.vision.task_training import TaskModelSettings

        settings = TaskModelSettings(options["model"], options["agg"], options["n_estimators"])
        try:
            rows = compare_detectors(options["dataset"], settings, seed=options["seed"])
        except (MLError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(detectors_table(rows))
        if options["json"]:
            options["json"].write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", "utf-8")
