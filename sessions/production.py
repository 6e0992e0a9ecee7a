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


def make_phases(order: Order) -> list[Path]:
    """The model that names the phase of every sample."""
    from mlops.ml.sensors.phase_champion import make_phase_champion

    few = {"n_subjects": QUICK_SUBJECTS, "epochs": 3} if order.quick else {}
    command = "manage.py train_all_production_models"
    return [make_phase_champion(order.root, command=command, seed=order.seed, say=order.say, **few)]


def production_register() -> None:
    """Called once from AppConfig.ready()."""
    register(Production("sensors", "simulated athletes; measured on ten others", make, order=10))
    register(Production("phases", "simulated athletes; measured on five others", make_phases, order=11))
