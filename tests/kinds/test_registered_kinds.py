"""The suite over every kind that an installed app registers, with people in it; and over the oldest toy."""

import pytest

from mlops.kinds.base import task_kinds
from tests.kinds.houses import HOUSES
from tests.kinds.suite import CHECKS, Case, World
from tests.kinds.worlds import TOYS

pytestmark = pytest.mark.django_db
REGISTERED = tuple(name for name in HOUSES if name not in TOYS)


@pytest.mark.parametrize("name", REGISTERED)
def test_it_keeps_every_promise(name, tmp_path):
    house = HOUSES[name]()
    build = {"split": "subjects", **house.build}
    world = World(
        house.people[0].user, house.labels, house.form, house.config, build, house.payloads,
        corrections=[next(iter(given.values())) for given in house.corrections],
    )  # fmt: skip
    case = Case(house.kind, world, tmp_path)
    broken = []
    for check in CHECKS:
        try:
            check(case)
        except AssertionError as error:
            broken.append(f"{check.__name__}: {error}")
    assert not broken, "\n".join(broken)


def test_no_registered_kind_is_left_out():
    known = {kind.name for kind in task_kinds()}
    assert known <= set(REGISTERED), f"nobody checks {', '.join(sorted(known - set(REGISTERED)))}"
