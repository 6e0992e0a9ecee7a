"""The suite on the toy kinds: each check passes on each of them, and fails where its promise is broken."""

import pytest

from tests.kinds.suite import CHECKS, Case, check_kind
from tests.kinds.worlds import TOYS


@pytest.fixture(scope="module")
def cases():
    """One case a kind: what is built and trained is shared by its checks."""
    return {}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("name", TOYS)
def test_every_toy_kind_keeps_every_promise(name, check, cases, asker, tmp_path_factory):
    if name not in cases:
        cases[name] = Case(*TOYS[name](None, asker), tmp_path_factory.mktemp(name))
    check(cases[name])


def test_check_kind_is_all_of_them(asker):
    check_kind(*TOYS["toy_day"](None, asker))
