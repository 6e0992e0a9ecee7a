"""Simulated athletes in front of a sensor: demo data and test data with known labels and repetitions.

`random_subject` makes a person, `demo_plan` a training, `simulate_session` the recording: six exercises, movements
that are none of them (drinking, walking, tying shoes, stretching) and rest. A simulation is for trying and teaching;
models trained on it are marked as demo models.
"""

from mlops.ml.sensors.simulate.movements import EXERCISES, MOVEMENTS, OTHER, REST
from mlops.ml.sensors.simulate.phases import PHASES
from mlops.ml.sensors.simulate.plans import PLAN_KINDS, Bout, PlanKind, demo_plan
from mlops.ml.sensors.simulate.session import SimulatedRecording, simulate_session
from mlops.ml.sensors.simulate.subjects import SubjectTraits, random_subject

__all__ = [
    "EXERCISES",
    "MOVEMENTS",
    "OTHER",
    "PHASES",
    "PLAN_KINDS",
    "REST",
    "Bout",
    "PlanKind",
    "SimulatedRecording",
    "SubjectTraits",
    "demo_plan",
    "random_subject",
    "simulate_session",
]
