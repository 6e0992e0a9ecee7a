"""How the shipped sensor models are made: simulated athletes, the same plans as `manage.py make_champions`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

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


def forms(batch: Batch) -> list[Path]:
    """The form model."""
    from mlops.ml.biomechanics.training import TASK, train_form_model

    small: dict[str, Any] = {"n_sequences": 120, "n_fresh": 60, "settings": {"epochs": 4}} if batch.quick else {}
    made = train_form_model(batch.root / TASK, command=COMMAND, seed=batch.seed, say=batch.say, **small)
    return [made.path]


def recipes_register() -> None:
    """Called once from AppConfig.ready()."""
    register(Recipe("sensors", "sensor_classification", "simulated athletes", exercises, order=10))
    register(Recipe("phases", "movement_phase", "simulated athletes", phases, order=20))
    register(Recipe("form", "form", "generated repetitions", forms, order=40))
