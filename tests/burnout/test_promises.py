"""The kind of this app keeps every promise that the engine stands on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from burnout.kinds import OutcomeRisk
from mlops.kinds.questions import Payload
from mlops.ml.survival.checkins.features import FEATURE_NAMES
from tests.kinds.suite import CHECKS, Case, World

TODAY = timezone.now().date()
SMALL = {"generated_people": 100, "generated_days": 300}


def test_every_promise_is_kept(athlete, days, tmp_path):
    days(athlete, 40)
    row = dict.fromkeys(FEATURE_NAMES, None) | {"stress_mean": 5.5}
    world = World(
        athlete.user,
        input={"outcome": "burnout"},
        config={"penalty": 0.1},
        build=SMALL,
        payloads=[
            Payload({"inputs": [row, row]}),
            Payload({"inputs": row}),
            Payload({"day": f"{TODAY - timedelta(days=1)}"}),
            Payload({"athlete": athlete.pk}),
        ],
        refused=[
            Payload({"inputs": []}), Payload({"inputs": [{"steps": 1}]}), Payload({"inputs": [{"sleep_mean": "long"}]}),
            Payload({"day": "today"}), Payload({"athlete": 10**9}), Payload({"day": f"{TODAY - timedelta(days=39)}"}),
        ],
        corrections=["too_high", "about_right", "too_low", 0.25],
        nonsense=["high", None, True, 1.5, {"risk": 0.1}],
    )  # fmt: skip
    case, broken = Case(OutcomeRisk(), world, tmp_path), {}
    for check in CHECKS:
        try:
            check(case)
        except AssertionError as error:
            broken[check.__name__] = str(error)
    assert not broken


@pytest.mark.parametrize("given", [{"split": "random"}, {"generated_people": 10}, {"test_ratio": 0.9}])
def test_what_a_build_is_not_told(given):
    from django.core.exceptions import ValidationError

    from mlops.datasets.services.datasets import parameters_check

    with pytest.raises(ValidationError):
        parameters_check(OutcomeRisk(), given)
