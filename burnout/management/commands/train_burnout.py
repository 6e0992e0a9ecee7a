"""The three risk models: generate, train, judge, keep."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

BEHEADED = {".pkl", ".pth", ".h5"}


class Command(BaseCommand):
    help = "Train Cox, random forest and gradient boosting on generated days, and print each gate with its interval."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path("models/burnout"))
        parser.add_argument("--champions", action="store_true", help="write the models that ship with FitBalance")
        parser.add_argument("--users", type=int, default=1000)
        parser.add_argument("--days", type=int, default=365)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--estimator", help="only this estimator")

    def handle(self, *args: Any, **options: Any) -> None:
        from burnout.services.training import PLANS, data_make, model_train
        from mlops.ml.contract import MLError

        output: Path = options["output"]
        if output.suffix in BEHEADED:
            output = output.with_suffix("")
            self.stdout.write(f"Models are saved as directories without pickle: {output}")
        plans = [plan for plan in PLANS if options["estimator"] in (None, plan.estimator)]
        if not plans:
            raise CommandError(f"Unknown model. Choose one of: {', '.join(plan.estimator for plan in PLANS)}")
        command = f"manage.py train_burnout --champions --seed {options['seed']}"
        try:
            data = data_make(
                n_people=options["users"], n_days=options["days"], seed=options["seed"], say=self.stdout.write
            )
            trained = [
                model_train(
                    plan=plan, data=data, command=command, seed=options["seed"], say=self.stdout.write,
                    output=settings.CHAMPIONS_DIR / plan.task if options["champions"] else output,
                )
                for plan in plans
            ]
        except MLError as error:
            raise CommandError(str(error)) from error
        for one in trained:
            self.stdout.write(str(one.path))
        missed = [one.plan.title for one in trained if not one.passed]
        if missed:
            raise CommandError(f"These models fail their gates: {', '.join(missed)}")
