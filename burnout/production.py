"""How the shipped risk models are made: generated days, the same plans as `manage.py train_burnout`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlops.production import Order, Production, register

QUICK_PEOPLE, QUICK_DAYS = 150, 270


def risks(order: Order) -> list[Path]:
    """One artifact for each plan, from the same generated people."""
    from burnout.services.training import PLANS, data_make, model_train

    size = {"n_people": QUICK_PEOPLE, "n_days": QUICK_DAYS} if order.quick else {}
    data = data_make(seed=order.seed, say=order.say, **size)
    command = "manage.py train_all_production_models"
    return [
        model_train(
            plan=plan, data=data, output=order.root / plan.task, command=command, seed=order.seed, say=order.say
        ).path
        for plan in PLANS
    ]


def example(manifest: Mapping[str, Any]) -> Any:
    """A person about whom nothing is known."""
    from mlops.ml.survival.checkins.features import FEATURES

    return np.full((1, len(FEATURES)), np.nan)


def production_register() -> None:
    """Called once from AppConfig.ready()."""
    register(Production("burnout", "outcome_risk", "generated people", risks, example, order=30))
