"""Train one task classifier on a data set from build_task_dataset, without a worker."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sessions.management.commands.train_exercise_classifier import epoch_words


class Command(BaseCommand):
    help = (
        "Train a task classifier on a dataset from build_task_dataset. Writes a model artifact (native files, ONNX, "
        "manifest with hashes) and, beside it, metrics (JSON), feature importance and confusion matrix (PNG)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", type=Path, required=True, help="dataset from build_task_dataset")
        parser.add_argument("--model", choices=("rf", "lightgbm", "lstm", "tcn", "transformer"), default="rf")
        parser.add_argument("--output", type=Path, required=True, help="folder of the model; must not exist")
        parser.add_argument("--agg", choices=("stats", "flatten"), default="stats", help=(
            "what trees see of a window: mean, std, min and max of each feature (default), or every sample"
        ))  # fmt: skip
        parser.add_argument("--n-estimators", type=int, default=100, help="trees, or rounds of boosting; default: 100")
        parser.add_argument("--max-depth", type=int, help="of a tree; default: no limit")
        parser.add_argument("--learning-rate", type=float, help="of boosting and networks; default: as the model has")
        parser.add_argument("--epochs", type=int, default=40, help="of networks; default: 40")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.artifact import artifact_folder
        from mlops.ml.contract import MLError
        from mlops.ml.vision.task_training import TaskModelSettings, train_task_model

        output, said = artifact_folder(options["output"])
        if said:
            self.stdout.write(said)
        if output.exists():
            raise CommandError(f"{output} already exists, and models never change. Choose another --output.")
        names = ("model", "n_estimators", "max_depth", "learning_rate", "epochs")
        told = TaskModelSettings(aggregation=options["agg"], **{name: options[name] for name in names})
        try:
            path, metrics = train_task_model(
                options["dataset"],
                output,
                told,
                seed=options["seed"],
                command=f"manage.py train_task_classifier --model {told.model} --seed {options['seed']}",
                code_version=settings.VERSION,
                on_epoch=lambda row: self.stdout.write(epoch_words(row, None)),
            )
        except (MLError, OSError) as error:
            raise CommandError(str(error)) from error
        if "accuracy" in metrics:
            self.stdout.write(metrics["classification_report"])
            part = metrics["measured_on"]
            figures = f"accuracy {metrics['accuracy']:.3f}, macro F1 {metrics['f1_macro']:.3f}"
            self.stdout.write(f"{figures} on {part['n_windows']} windows of the {part['part']} part")
            if part["split"] == "blocks":
                self.stderr.write("Warning: the same videos train and test. The scores say little about other videos.")
        self.stdout.write(f"Written to {path}")
