"""Demo people: one per role, a team with six athletes, and their consent to everything."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import (
    Athlete,
    AuditEvent,
    CoachScope,
    Consent,
    ConsentKind,
    LearningScope,
    Membership,
    Role,
    Team,
    TeamRole,
    Units,
    User,
)
from web.registries.demo import Say

PASSWORD = "fitbalance-demo"  # noqa: S105 printed on the landing page of a demo
TEAM = "Accra Strength Club"


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    role: Role
    time_zone: str
    units: Units = Units.METRIC


PEOPLE = (
    Person("athlete", "Ama", "Mensah", Role.ATHLETE, "Africa/Accra"),
    Person("coach", "Kwame", "Boateng", Role.COACH, "Africa/Accra"),
    Person("staff", "Ingrid", "Solheim", Role.ML_STAFF, "Europe/Oslo"),
    Person("admin", "Rafael", "Ortiz", Role.ADMINISTRATOR, "Europe/Madrid"),
    Person("demo-yaw", "Yaw", "Asante", Role.ATHLETE, "Africa/Accra"),
    Person("demo-lena", "Lena", "Vogel", Role.ATHLETE, "Europe/Berlin"),
    Person("demo-mei", "Mei", "Tanaka", Role.ATHLETE, "Asia/Tokyo"),
    Person("demo-jordan", "Jordan", "Reed", Role.ATHLETE, "America/Chicago", Units.IMPERIAL),
    Person("demo-priya", "Priya", "Nair", Role.ATHLETE, "Asia/Kolkata"),
)
"""user names; e-mail is <user name>@demo.fitbalance.local, password `fitbalance-demo`."""
BODIES = {
    "athlete": (1.68, 62.0), "demo-yaw": (1.82, 84.5), "demo-lena": (1.74, 66.0),
    "demo-mei": (1.60, 54.5), "demo-jordan": (1.7907, 81.6466),
}  # fmt: skip
"""Height in m and mass in kg, made up; not of everybody, as in life."""


class NameTaken(Exception):
    """A real account uses the user name or address of a demo person."""


def make_demo_people(say: Say) -> None:
    """Create what is missing; an existing demo person gets the demo password back. Raises NameTaken."""
    with transaction.atomic():
        secret = make_password(PASSWORD)  # one for all: hashing is slow on purpose
        users = [_person(person, secret) for person in PEOPLE]
        team = Team.objects.get_or_create(name=TEAM, is_demo=True)[0]
        for user in users:
            if user.role in {Role.ATHLETE, Role.COACH}:
                _member(user, team)
    say(f"{len(users)} demo people in {TEAM}; password {PASSWORD}")


def remove_demo_people(say: Say) -> int:
    """Delete demo people and demo teams with everything that belongs to them; returns how many rows went."""
    with transaction.atomic():
        people = User.objects.filter(is_demo=True)
        AuditEvent.objects.filter(actor__in=people).delete()
        AuditEvent.objects.filter(actor=None, subject__in=people).delete()
        n_teams = Team.objects.filter(is_demo=True).delete()[0]
        n_people = people.delete()[0]
    say(f"{n_people + n_teams} rows of demo people removed")
    return n_people + n_teams


def _person(person: Person, secret: str) -> User:
    email = f"{person.username}@demo.fitbalance.local"
    if User.objects.filter(username=person.username, is_demo=False).exists():
        raise NameTaken(f"The username {person.username} belongs to a real account.")
    user, is_new = User.objects.get_or_create(
        username=person.username,
        defaults={
            "email": email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "role": person.role,
            "units": person.units,
            "time_zone": person.time_zone,
            "is_demo": True,
            "password": secret,
        },
    )
    if not is_new:
        User.objects.filter(pk=user.pk).update(password=secret, is_active=True)
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def _member(user: User, team: Team) -> None:
    height_m, mass_kg = BODIES.get(user.username, (None, None))
    athlete = Athlete.objects.get_or_create(user=user, defaults={"height_m": height_m, "mass_kg": mass_kg})[0]
    role = TeamRole.COACH if user.is_coach else TeamRole.ATHLETE
    Membership.objects.active().get_or_create(team=team, user=user, defaults={"role": role})
    if not user.is_athlete:
        return
    for scope in LearningScope.values:
        Consent.objects.active().get_or_create(athlete=athlete, kind=ConsentKind.LEARNING, scope=scope, team=None)
    for scope in CoachScope.values:
        Consent.objects.active().get_or_create(athlete=athlete, kind=ConsentKind.COACH, scope=scope, team=team)
