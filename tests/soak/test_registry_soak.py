"""Champion and challenger under many hands at once; every promise about them after each ten moves.

`make soak`. SOAK_MOVES (1000) shrinks it.
"""

import os

import pytest

from tests.mlops.conftest import build, delivered, kind, label_set, media, staff, task, train  # noqa: F401
from tests.mlops.moves import REFUSALS, check_history, hundred_moves

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

N_MOVES = int(os.environ.get("SOAK_MOVES", "1000"))


def test_one_champion_always(train, build, staff, task):  # noqa: F811
    dataset = build()
    versions = [train(dataset) for _ in range(5)]
    done, outcomes = hundred_moves(versions, staff, task, seed=11, n=N_MOVES)
    assert set(outcomes) <= REFUSALS
    check_history(task, done)
    print(f"\n{N_MOVES} moves of champion and challenger, ten at once: always one champion; {dict(outcomes)}")
