"""How the shipped sensor models are made: simulated athletes, the same plans as `manage.py make_champions`."""

from dataclasses import replace
from pathlib import Path

from mlops.kinds.recipes import Batch, Recipe, register

COMMAND = "manage.py train_all_production_models"
QUICK_SUBJECTS, QUICK_EPOCHS = 10, 2


def exercises(batch: Batch) -> list[Path]:
    """Every plan's artifact."""
    from mlops.ml.sensors.champions import PLANS, make_champion

    folders = []
    for plan in PLANS:
        wanted = replace(plan, n_subjects=QUICK_SUBJECTS, sessions_each=1) if batch.quick else plan
        folders.append(make_champion(wanted, batch.root, command=COMMAND, seed=batch.seed, say=batch.say))
    return folders


def phases(batch: Batch) -> list[Path]:
    """The movement-phase model."""
    from mlops.ml.sensors.phase_champion import make_phase_champion

    small = {"n_subjects": QUICK_SUBJECTS, "epochs": QUICK_EPOCHS} if batch.quick else {}
    return [make_phase_champion(batch.root, command=COMMAND, seed=batch.seed, say=batch.say, **small)]


def recipes_register() -> None:
    """Called once from AppConfig.ready()."""
    register(Recipe("sensors", "sensor_classification", "simulated athletes", exercises, order=10))
    register(Recipe("phases", "movement_phase", "simulated athletes", phases, order=20))
