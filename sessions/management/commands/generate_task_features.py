"""Feature files of people who do not exist, to try datasets and models of tasks in videos."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Generate labelled feature files of made-up people who squat, row, press, walk and stand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, required=True, help="folder of the files; must not exist")
        parser.add_argument("--videos", type=int, default=20, help="default: 20")
        parser.add_argument("--people", type=int, default=0, help="people in them; default: one a video")
        parser.add_argument("--seconds", type=float, default=60.0, help="length of a video; default: 60")
        parser.add_argument("--fps", type=float, default=25.0, help="frames per second; default: 25")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.vision.task_generator import write_videos

        output: Path = options["output"]
        if output.exists():
            raise CommandError(f"{output} already exists. Choose another --output.")
        if options["videos"] < 1 or options["people"] < 0 or options["seconds"] < 1 or not 1 <= options["fps"] <= 240:
            raise CommandError("Give at least one video of at least a second, with 1 to 240 frames per second.")
        made = write_videos(
            output, options["videos"], n_people=options["people"], seconds=options["seconds"], fps=options["fps"],
            seed=options["seed"],
        )  # fmt: skip
        self.stdout.write(f"Written {len(made)} generated feature files to {output}")
