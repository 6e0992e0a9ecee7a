"""Feature files, or videos with labels, → one file of embeddings for train_action_head."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.ml.vision.movement.embedding import OF_LANDMARKS, OF_PICTURES, STATISTICS
from mlops.ml.vision.movement.stretches import QUESTIONS


class Command(BaseCommand):
    help = (
        "Turn labelled stretches of feature files, or of videos, into vectors, one Parquet file. pose_statistics needs "
        "no weights; manage.py parts says how to get those of motionbert-lite, videomae-kinetics and video-swin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        sources = parser.add_mutually_exclusive_group(required=True)
        sources.add_argument("--features", type=Path, nargs="+", help="feature files with labels")
        sources.add_argument("--videos", type=Path, nargs="+", help="videos, each with its file of --labels")
        parser.add_argument("--labels", type=Path, nargs="+", default=[], help="CSV frame_index,label, one a video")
        parser.add_argument("--with", dest="by", choices=(*OF_LANDMARKS, *OF_PICTURES), help=(
            "who makes the vectors; default: pose_statistics for feature files, videomae-kinetics for videos"
        ))  # fmt: skip
        parser.add_argument("--question", choices=QUESTIONS, default="exercise", help="sets the usual windows")
        parser.add_argument("--window-sec", type=float, help="0: each labelled stretch is one example")
        parser.add_argument("--step-sec", type=float)
        parser.add_argument("--output", type=Path, required=True, help="Parquet file; must not exist")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.contract import MLError
        from mlops.ml.vision.movement.embedding_file import write_embedded
        from mlops.ml.vision.movement.embedding_making import embedded_of
        from mlops.ml.vision.movement.picture_clips import embedded_pictures
        from mlops.ml.vision.movement.stretches import Cutting

        output: Path = options["output"]
        if output.exists():
            raise CommandError(f"{output} already exists. Choose another --output.")
        usual = Cutting.usual(options["question"])
        window_s, step_s = options["window_sec"], options["step_sec"]
        try:
            cutting = Cutting(usual.window_s if window_s is None else window_s,
                              usual.step_s if step_s is None else step_s)  # fmt: skip
            if options["videos"]:
                by = options["by"] or OF_PICTURES[0]
                embedded, n_unseen = embedded_pictures(options["videos"], options["labels"], by, cutting), 0
            else:
                embedded, n_unseen = embedded_of(options["features"], options["by"] or STATISTICS, cutting)
            output.parent.mkdir(parents=True, exist_ok=True)
            write_embedded(output, embedded)
        except (MLError, OSError) as error:
            raise CommandError(str(error)) from error
        n = len(embedded.labels)
        self.stdout.write(f"{n} stretches of {len(set(embedded.clips.tolist()))} clips by {embedded.by}: {output}")
        if n_unseen:
            self.stderr.write(f"{n_unseen} stretches were left out, because nobody is seen in them.")
        if embedded.is_generated:
            self.stderr.write("These clips are generated: a head that learns from them knows no real person.")
