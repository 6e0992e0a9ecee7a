"""People in a team."""

import pytest
from django.core.cache import cache

from accounts.models import Athlete, CoachScope, ConsentKind, Team, TeamRole, User
from accounts.services.consent import consent_grant
from accounts.services.teams import team_create, team_join


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    """Login limits of one test never meet those of another."""
    if {"db", "transactional_db"} & set(request.fixturenames):
        cache.clear()


@pytest.fixture
def team(coach_user: User, athlete_user: User) -> Team:
    """A team of the coach in which the athlete trains and shares nothing yet."""
    made = team_create(coach=coach_user, name="Strong people")
    team_join(team=made, user=athlete_user, role=TeamRole.ATHLETE)
    return made


@pytest.fixture
def athlete(team: Team, athlete_user: User) -> Athlete:
    return athlete_user.athlete


@pytest.fixture
def sharing(team: Team, athlete: Athlete) -> Athlete:
    """The athlete shares training with the team's coaches."""
    consent_grant(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.TRAINING, team=team, by=athlete.user)
    return athlete
