"""Train one exercise classifier on a prepared dataset, without a worker."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mlops.kinds.estimators import estimator_infos
from mlops.ml.registry import estimator_names

SHORTHANDS = ("trainer", "epochs", "batch_size", "learning_rate", "patience", "threads")


WHO = {
    "test": "people the model has not seen",
    "each": "{n} people, each evaluated by a model trained on the others; the final model is trained on everyone",
}


class Command(BaseCommand):
    help = (
        "Train an exercise classifier on a dataset from prepare_dataset. Prints each epoch and writes a model "
        "artifact (native files, ONNX, manifest with hashes)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="dataset from prepare_dataset")
        parser.add_argument("--output", type=Path, required=True, help="folder of the model; must not exist")
        recommended = estimator_names("sensors")[0]
        parser.add_argument("--estimator", default=recommended, help=f"{recommended} (default), cnn, bilstm …")
        parser.add_argument("--trainer", choices=("loop", "hf"), help="trainer for networks: plain loop or HF Trainer")
        parser.add_argument("--epochs", type=int)
        parser.add_argument("--batch-size", type=int)
        parser.add_argument("--learning-rate", type=float)
        parser.add_argument("--patience", type=int, help="early stopping: epochs without improvement")
        parser.add_argument("--threads", type=int)
        parser.add_argument("--class-weights", action="store_true", help="give rare classes more weight")
        parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--checkpoints", type=Path, help="save each epoch here, and resume from it after a crash")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.artifact import artifact_folder
        from mlops.ml.contract import MLError
        from mlops.ml.registry import estimator_class
        from mlops.ml.sensors.folder_training import train_on_folder

        name = options["estimator"]
        if name not in estimator_infos():
            raise CommandError(f"Unknown estimator: {name}. Choose from: {', '.join(estimator_infos())}.")
        output, said = artifact_folder(options["output"])
        if said:
            self.stdout.write(said)
        if output.exists():
            raise CommandError(f"{output} already exists, and models never change. Choose another --output.")
        config = self._config(estimator_class(name).Config, name, **options)
        total = config.get("epochs") or next(
            (option.default for option in estimator_infos()[name].options if option.name == "epochs"), None
        )
        try:
            path, metrics = train_on_folder(
                options["data"],
                output,
                estimator=name,
                config=config,
                seed=options["seed"],
                command=f"manage.py train_exercise_classifier --estimator {name} --seed {options['seed']}",
                code_version=settings.VERSION,
                on_epoch=lambda row: self.stdout.write(epoch_words(row, total)),
                checkpoint_dir=options["checkpoints"],
            )
        except (MLError, OSError) as error:
            raise CommandError(str(error)) from error
        if metrics:
            part = metrics["measured_on"]
            who = WHO.get(part["part"], "the validation set").format(n=part["n_people"])
            self.stdout.write(
                f"accuracy {metrics['accuracy']:.3f}, macro F1 {metrics['f1_macro']:.3f} on {part['n_windows']} "
                f"windows of {who}"
            )
            if part["leaky"]:
                self.stderr.write("Warning: the split was random, so these scores are too optimistic.")
        self.stdout.write(f"Written to {path}")

    def _config(self, config_class: type, name: str, **options: Any) -> dict[str, Any]:
        known = {field.name: field for field in fields(config_class)}
        config = {key: options[key] for key in SHORTHANDS if options[key] is not None}
        if options["class_weights"]:
            config["class_weights"] = True
        for text in options["option"]:
            key, equals, value = text.partition("=")
            if not equals:
                raise CommandError(f"--option takes NAME=VALUE, not {text}.")
            config[key] = _value(known[key].default, value) if key in known else value
        if unknown := set(config) - set(known):
            raise CommandError(f"Unknown setting {sorted(unknown)[0]} for {name}. Available: {', '.join(known)}.")
        return config


def epoch_words(row: dict[str, float], total: int | None) -> str:
    """ "epoch 3/50: train loss 0.512, train accuracy 0.840, val loss …"."""
    of = f"/{total}" if total else ""
    words = [f"{name.replace('_', ' ')} {value:.4g}" for name, value in row.items() if name != "epoch"]
    return f"epoch {row['epoch']:.0f}{of}: {', '.join(words)}"


def _value(default: Any, text: str) -> Any:
    """Read a value of the type that the setting has."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(default)(text)
    except (KeyError, ValueError) as error:
        raise CommandError(f"{text} is not a valid {type(default).__name__}.") from error
