"""Checks of what people may say about answers."""

import numpy as np
from django.core.exceptions import ValidationError

from mlops.kinds.answers import Correction
from tests.kinds.suite.case import Case, is_json, refuses


def check_corrections_are_read(case: Case) -> None:
    """What a person may say is a Correction that can be kept; nonsense is refused in words."""
    assert case.world.corrections, "the world has no correction"
    for given in case.world.corrections:
        found = case.kind.check_correction(case.task, given)
        assert isinstance(found, Correction), f"{given!r} is no Correction"
        assert len(found.label) <= 64, f"{found} is too long to be kept"
        assert is_json(found.value), f"{found} cannot be kept"
    for given in (*case.world.nonsense, object(), ["?"], "no such label at all"):
        words = f"{case.kind.name} must refuse the correction {given!r}"
        refuses(lambda one=given: case.kind.check_correction(case.task, one), (ValidationError,), words)


def check_agreement_tells_right_from_wrong(case: Case) -> None:
    """0 to 1 for every answer and correction; the corrections of a world are not all alike to one answer."""
    corrections = [case.kind.check_correction(case.task, given) for given in case.world.corrections]
    found = [
        [case.kind.agreement(answer.headline.to_json(), correction) for correction in corrections]
        for answer in case.answers
    ]
    assert all(0 <= one <= 1 for row in found for one in row), f"agreement lies from 0 to 1: {found}"
    assert len({one for row in found for one in row}) > 1, "agreement is the same whatever a person says"


def check_uncertainty_orders_the_queue(case: Case) -> None:
    """From 0 to 1, one for each answer; none for no answers."""
    found = np.asarray(case.kind.uncertainty(case.answers), float)
    assert found.shape == (len(case.answers),), f"{found.shape} for {len(case.answers)} answers"
    assert ((found >= 0) & (found <= 1)).all(), f"uncertainty lies from 0 to 1: {found}"
    assert len(case.kind.uncertainty([])) == 0, "no answers, no uncertainty"


CORRECTIONS = (check_corrections_are_read, check_agreement_tells_right_from_wrong, check_uncertainty_orders_the_queue)
