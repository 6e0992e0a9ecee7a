"""How the shipped sensor models are made: simulated athletes, the same plans as `manage.py make_champions`."""

from dataclasses import replace
from pathlib import Path

from mlops.production import Order, Production, register

QUICK_SUBJECTS = 10


def make(order: Order) -> list[Path]:
    """Every plan's artifact."""
    from mlops.ml.sensors.champions import PLANS, make_champion

    command = "manage.py train_all_production_models"
    folders = []
    for plan in PLANS:
        wanted = replace(plan, n_subjects=QUICK_SUBJECTS, sessions_each=1) if order.quick else plan
        folders.append(make_champion(wanted, order.root, command=command, seed=order.seed, say=order.say))
    return folders


def production_register() -> None:
    """Called once from AppConfig.ready()."""
    register(Production("sensors", "simulated athletes; measured on ten others", make, order=10))
