"""`manage.py train_object_detector`: the object detector that ships with FitBalance, from generated scenes alone."""

import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

TOLD_EVERY_S = 10.0


class Command(BaseCommand):
    help = (
        "Train the small object detector on generated scenes and write an ONNX file with its manifest "
        "(about twenty minutes of one processor core)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        from mlops.ml.vision.own_detector import SHIPPED
        from mlops.ml.vision.own_detector.training import DetectorSettings

        usual = DetectorSettings()
        parser.add_argument("--output", type=Path, default=SHIPPED, help="the ONNX file to write")
        parser.add_argument("--scenes", type=int, default=usual.n_scenes)
        parser.add_argument("--held-out", type=int, default=usual.n_held_out, help="scenes that only measure")
        parser.add_argument("--epochs", type=int, default=usual.epochs)
        parser.add_argument("--threads", type=int, default=usual.threads)
        parser.add_argument("--seed", type=int, default=usual.seed)
        parser.add_argument("--clips", type=Path, help="a folder with real clips; boxes in them are counted")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.vision.own_detector.making import make_detector
        from mlops.ml.vision.own_detector.training import DetectorSettings

        output: Path = options["output"]
        if output.suffix != ".onnx":
            raise CommandError("The output is a file ending in .onnx.")
        try:
            chosen = DetectorSettings(
                options["scenes"], options["held_out"], options["epochs"], threads=options["threads"],
                seed=options["seed"],
            )  # fmt: skip
            with tempfile.TemporaryDirectory(prefix="fitbalance-scenes-") as folder:
                told = make_detector(
                    output, chosen, Path(folder), command=_command(chosen), clips=options["clips"],
                    on_step=self._progress(),
                )  # fmt: skip
        except MLError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"AP50 on {chosen.n_held_out} held-out generated scenes: {told['ap50']:.3f}")
        for name, one in told["classes"].items():
            self.stdout.write(f"  {name}: {one['ap50']:.3f} ({one['n']} in the scenes)")
        self.stdout.write(f"{output.stat().st_size / 1e6:.1f} MB written to {output}")

    def _progress(self) -> Any:
        told_at = 0.0

        def tell(stage: str, done: int, total: int) -> None:
            nonlocal told_at
            if time.monotonic() - told_at > TOLD_EVERY_S or done == total:
                told_at = time.monotonic()
                self.stdout.write(f"{stage}: {done} of {total}")
                self.stdout.flush()

        return tell


def _command(chosen: Any) -> str:
    return (
        f"manage.py train_object_detector --scenes {chosen.n_scenes} --epochs {chosen.epochs} "
        f"--threads {chosen.threads} --seed {chosen.seed}"
    )
