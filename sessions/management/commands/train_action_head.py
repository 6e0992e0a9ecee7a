"""Train a head on embeddings of labelled clips, without a worker."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.ml.vision.movement.stretches import QUESTIONS


class Command(BaseCommand):
    help = (
        "Train a head for exercise, phase or technique on a file from embed_videos. Three in ten clips are held out "
        "to evaluate on. Writes a model artifact (native files, ONNX, manifest with hashes)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--embeddings", type=Path, required=True, help="file from embed_videos")
        parser.add_argument("--question", choices=QUESTIONS, default="exercise", help="what the labels name")
        parser.add_argument("--output", type=Path, required=True, help="folder of the model; must not exist")
        parser.add_argument("--hidden", type=int, default=0, help="hidden units; 0 (default): a linear head")
        parser.add_argument("--epochs", type=int, default=60)
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.artifact import artifact_folder
        from mlops.ml.contract import MLError
        from mlops.ml.vision.movement.embedding_file import read_embedded
        from mlops.ml.vision.movement.embedding_head import EmbeddingHeadConfig
        from mlops.ml.vision.movement.head_training import train_head
        from mlops.ml.vision.task_training import report_text

        output, said = artifact_folder(options["output"])
        if said:
            self.stdout.write(said)
        if output.exists():
            raise CommandError(f"{output} already exists, and models never change. Choose another --output.")
        try:
            embedded = read_embedded(options["embeddings"])
            config = EmbeddingHeadConfig(hidden=options["hidden"], epochs=options["epochs"])
            path, metrics = train_head(
                embedded, output, config, seed=options["seed"], question=options["question"],
                command=f"manage.py train_action_head --seed {options['seed']}", code_version=settings.VERSION,
            )  # fmt: skip
        except (MLError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(report_text(metrics))  # type: ignore[arg-type]
        figures = f"accuracy {metrics['accuracy']:.3f}, commonest label {metrics['baseline_accuracy']:.3f}"
        clips = f"{metrics['n_test_clips']} of {metrics['n_clips']} clips held out"
        self.stdout.write(f"{figures}, embedding {metrics['embedding']}, {clips}")
        if metrics["generated"]:
            self.stderr.write("These clips are generated: the figures say nothing about real people.")
        self.stdout.write(f"Written to {path}")
