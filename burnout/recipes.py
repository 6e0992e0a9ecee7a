"""How the shipped risk models are made: generated days, the same plans as `manage.py train_burnout`."""

from pathlib import Path

from mlops.kinds.recipes import Batch, Recipe, register

QUICK_PEOPLE, QUICK_DAYS = 150, 270


def risks(batch: Batch) -> list[Path]:
    """One artifact for each plan, from the same generated people."""
    from burnout.services.training import PLANS, data_make, model_train

    size = {"n_people": QUICK_PEOPLE, "n_days": QUICK_DAYS} if batch.quick else {}
    data = data_make(seed=batch.seed, say=batch.say, **size)
    command = "manage.py train_all_production_models"
    return [
        model_train(
            plan=plan, data=data, output=batch.root / plan.task, command=command, seed=batch.seed, say=batch.say
        ).path
        for plan in PLANS
    ]


def recipes_register() -> None:
    """Called once from AppConfig.ready()."""
    register(Recipe("burnout", "outcome_risk", "generated people", risks, order=30))
