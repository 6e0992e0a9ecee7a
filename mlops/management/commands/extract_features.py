"""`manage.py extract_features --video V --output F.parquet`: bodies, hands and objects of a video, frame by frame."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

TOLD_EVERY_S = 2.0


class Command(BaseCommand):
    help = "Extract features of every frame of a video (pose, hands, objects, angles, speeds) into a Parquet file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        from mlops.ml.vision.video.options import DETECTORS

        parser.add_argument("--video", type=Path, required=True)
        parser.add_argument("--output", type=Path, required=True, help="the Parquet file to write")
        parser.add_argument("--labels", type=Path, help="CSV frame_index,label; adds a column label")
        parser.add_argument("--detector", choices=DETECTORS, default="fusion")
        parser.add_argument("--sample-rate", type=int, default=1, help="every n-th frame (default 1)")
        parser.add_argument("--objects", default="own", help="own, none, a YOLO ONNX file, or the folder of a detector")
        parser.add_argument("--pose", default="mediapipe", help="mediapipe, pose-lite, pose-full or pose-heavy")
        parser.add_argument("--no-hands", action="store_false", dest="with_hands", help="no landmarks of hands")
        parser.add_argument("--subject", type=int, default=0, help="which person is followed; 0 stands out most")
        parser.add_argument("--video-id", default="", help="for the column video_id; by default the video's name")
        parser.add_argument("--workers", type=int, default=1, help="segments that are worked on at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.vision.video.extract import extract_features
        from mlops.ml.vision.video.options import ExtractOptions

        named = ("detector", "sample_rate", "objects", "pose", "with_hands", "subject", "workers")
        try:
            facts = extract_features(
                options["video"],
                options["output"],
                ExtractOptions(**{name: options[name] for name in named}),
                labels=options["labels"],
                video_id=options["video_id"],
                on_progress=self._progress(),
            )
        except MLError as error:
            text = f"{error}".rstrip(".")
            raise CommandError(f"{text[:1].upper()}{text[1:]}.") from error
        for note in facts["notes"]:
            self.stdout.write(note)
        self.stdout.write(f"{facts['n_rows']} rows written to {options['output']}")

    def _progress(self) -> Any:
        """One line every two seconds."""
        told_at = time.monotonic()

        def tell(progress: Any) -> None:
            nonlocal told_at
            if time.monotonic() - told_at > TOLD_EVERY_S:
                told_at = time.monotonic()
                left = "" if progress.left_s is None else f", {progress.left_s:.0f} s left"
                self.stdout.write(f"{progress.done} of {progress.total} frames, {progress.rate_hz:.1f} a second{left}")
                self.stdout.flush()

        return tell
