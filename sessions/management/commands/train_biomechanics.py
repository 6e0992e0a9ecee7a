"""The form model: generate, train, judge, keep."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

USUAL = {"sequences": 1000, "epochs": None, "seed": 0}


class Command(BaseCommand):
    help = "Train the graph-LSTM on generated repetitions, print each gate and the figures under other conditions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path("models/biomechanics"))
        parser.add_argument("--champions", action="store_true", help="write the model that ships with FitBalance")
        parser.add_argument("--data", type=Path, help="folder of generate_biomechanics_dataset; else it is generated")
        parser.add_argument("--sequences", type=int, default=1000)
        parser.add_argument("--epochs", type=int)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--checkpoints", type=Path, help="save each epoch here, and resume from it after a crash")

    def handle(self, *args: Any, **options: Any) -> None:
        from mlops.ml.artifact import artifact_folder
        from mlops.ml.biomechanics.training import ESTIMATOR, TASK, train_form_model
        from mlops.ml.contract import MLError

        output, said = artifact_folder(options["output"])
        if said:
            self.stdout.write(said)
        root, name = output.parent, output.name
        if options["champions"]:
            root, name = settings.CHAMPIONS_DIR / TASK, ESTIMATOR
        if (root / name).exists():
            raise CommandError(f"{root / name} already exists, and models never change. Choose another --output.")
        command = "manage.py train_biomechanics" + (" --champions" if options["champions"] else "")
        for option in ("sequences", "epochs", "seed"):
            if options[option] != USUAL[option]:
                command += f" --{option} {options[option]}"
        try:
            made = train_form_model(
                root, name=name, command=command, data=options["data"], n_sequences=options["sequences"],
                seed=options["seed"], settings={"epochs": options["epochs"]} if options["epochs"] else None,
                checkpoints=options["checkpoints"], say=self.stdout.write, on_epoch=self._epoch,
            )  # fmt: skip
        except MLError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(made.path))
        missed = [gate for gate, is_met in made.gates.items() if not is_met]
        if missed:
            raise CommandError(f"The model fails its gates: {', '.join(missed)}")

    def _epoch(self, row: dict[str, float]) -> None:
        figures = ", ".join(f"{name} {value:.2f}" for name, value in row.items() if name != "epoch")
        self.stdout.write(f"epoch {row['epoch']:.0f}: {figures}")
