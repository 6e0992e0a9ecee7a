"""Feature files of videos → a data set of labelled windows."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Cut labelled windows from feature files (from extract_features) and split them by video. Writes X_train.npy, "
        "y_train.npy and the same for val and test, and metadata.json. With too few videos the same videos are cut "
        "into blocks of time with a gap."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--features", nargs="+", type=Path, required=True, help="feature files (Parquet)")
        parser.add_argument("--output", type=Path, required=True, help="folder of the dataset; must not exist")
        parser.add_argument("--window-sec", type=float, default=2.0, help="length of a window; default: 2")
        parser.add_argument("--step-sec", type=float, default=0.5, help="time between windows; default: 0.5")
        parser.add_argument("--balance", choices=("downsample", "upsample", "none"), default="none", help=(
            "make labels equally frequent in the training set; default: none"
        ))  # fmt: skip
        for part, ratio in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
            parser.add_argument(f"--{part}-ratio", type=float, default=ratio, help=f"default: {ratio:g}")
        parser.add_argument("--split-by", choices=("video", "person"), default="video", help="what is kept whole")
        parser.add_argument("--detector", choices=("fusion", "mediapipe", "yolo"), default="fusion", help=(
            "use only the features of one detector; default: all"
        ))  # fmt: skip
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.vision.task_columns import FeaturePlan
        from mlops.ml.vision.task_datasets import TaskDatasetConfig, build_task_dataset
        from mlops.ml.vision.task_windows import TaskWindow

        output: Path = options["output"]
        if output.exists():
            raise CommandError(f"{output} already exists, and datasets never change. Choose another --output.")
        if missing := [path for path in options["features"] if not path.is_file()]:
            raise CommandError(f"There is no file {missing[0]}.")
        try:
            config = TaskDatasetConfig(
                window=TaskWindow(options["window_sec"], options["step_sec"]),
                balance=options["balance"],
                ratios=tuple(options[f"{part}_ratio"] for part in ("train", "val", "test")),
                split_by=options["split_by"],
                plan=FeaturePlan(options["detector"]),
                seed=options["seed"],
            )
            found = build_task_dataset(options["features"], output, config)
        except (MLError, OSError) as error:
            raise CommandError(str(error)) from error
        for part, facts in found["split"]["parts"].items():
            counted = ", ".join(f"{label} {n}" for label, n in facts["per_label"].items())
            self.stdout.write(f"{part}: {facts['n_windows']} windows ({counted})")
        for note in found["split"]["notes"]:
            self.stdout.write(note)
        self.stdout.write(f"Written to {output}")
