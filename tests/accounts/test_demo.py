"""Demo people come whole and go whole."""

import pytest
from django.apps import apps

from accounts.demo import PEOPLE, TEAM, NameTaken, make_demo_people, remove_demo_people
from accounts.models import Athlete, AuditEvent, CoachScope, Consent, Membership, Role, Team, User

pytestmark = pytest.mark.django_db
quiet = lambda text: None  # noqa: E731


def counts():
    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


def test_people_of_every_role_in_one_team():
    make_demo_people(quiet)
    assert set(User.objects.filter(is_demo=True).values_list("role", flat=True)) == set(Role.values)
    team = Team.objects.get(name=TEAM)
    assert Membership.objects.active().filter(team=team).count() == 7
    coach = User.objects.get(username="coach")
    assert Athlete.objects.visible_to(coach, CoachScope.TRAINING).exclude(user=coach).count() == 6
    assert User.objects.filter(time_zone="Africa/Accra").count() >= 2
    assert all(user.check_password("fitbalance-demo") for user in User.objects.all())


def test_making_twice_changes_nothing():
    make_demo_people(quiet)
    before = counts()
    make_demo_people(quiet)
    assert counts() == before


def test_removing_leaves_exactly_the_rest(athlete_user_named):
    before = counts()
    make_demo_people(quiet)
    assert remove_demo_people(quiet) > 20
    assert counts() == before
    assert Consent.objects.count() == 0
    assert AuditEvent.objects.count() == 0


@pytest.fixture
def athlete_user_named(make_user):
    """A real person whose rows must survive."""
    return make_user("real")


def test_a_real_account_is_never_taken_over(make_user):
    real = make_user("coach", role="coach")
    with pytest.raises(NameTaken):
        make_demo_people(quiet)
    real.refresh_from_db()
    assert not real.is_demo
    assert not User.objects.filter(is_demo=True).exists()


def test_names_are_distinct():
    assert len({person.username for person in PEOPLE}) == len(PEOPLE) == 9
