"""Routes of people: settings, teams, invitations, and their API."""

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.utils import timezone

from accounts.models import ApiToken, AuditEvent, Consent, ConsentKind
from accounts.services.invitations import invitation_create
from accounts.services.tokens import token_create
from tests.access.rows import OPEN, SIGNED_IN, Row, expect

COACH = expect(404, coach=200)
COACH_MOVES = expect(404, coach=302)
OWNER_MOVES = expect(404, owner=302)


def extend(world: Any) -> None:
    owner = world.user("owner")
    world.token, _ = token_create(
        user=owner, name="tablet", scopes=["read"], expires_at=timezone.now() + timedelta(days=1)
    )
    world.invitation, world.invitation_secret = invitation_create(team=world.team, by=world.user("coach"))
    world.browser = UserSession.objects.create(user=owner, ip="127.0.0.1", session_key="k" * 32, user_agent="Test")
    world.consent = Consent.objects.get(athlete=world.athlete, kind=ConsentKind.LEARNING)
    world.event = AuditEvent.objects.filter(actor=owner).first()
    assert ApiToken.objects.count() == 1


def _of(name: str) -> Any:
    return lambda world: {"pk": getattr(world, name).pk}


PAGES = [
    Row("accounts:settings", expect(302)),
    Row("accounts:profile", SIGNED_IN),
    Row("accounts:profile", expect(302), method="POST", data=lambda w: {"units": "metric", "time_zone": "UTC"}),
    Row(
        "accounts:body", expect(403, owner=302, coach=302, other_coach=302, other_athlete=302), method="POST",
        data=lambda w: {"height_cm": "180", "mass": "80"},
    ),
    Row("accounts:language", expect(302, anonymous=302), method="POST", data=lambda w: {"language": "de"}),
    Row("accounts:security", SIGNED_IN),
    Row("accounts:session_end", OWNER_MOVES, method="POST", kwargs=_of("browser")),
    Row("accounts:sign_out_others", expect(302), method="POST"),
    Row("accounts:consent", SIGNED_IN),
    Row(
        "accounts:consent_learning",
        expect(302, staff=403, administrator=403),
        method="POST",
        data=lambda w: {"scopes": ["sensor"]},
    ),
    Row(
        "accounts:consent_team", OWNER_MOVES, method="POST", kwargs=_of("team"), data=lambda w: {"scopes": ["training"]}
    ),
    Row("accounts:my_teams", SIGNED_IN),
    Row("accounts:tokens", SIGNED_IN),
    Row(
        "accounts:tokens",
        expect(200),
        method="POST",
        data=lambda w: {"name": "tablet", "scopes": ["read"], "days": "30"},
    ),
    Row("accounts:token_revoke", OWNER_MOVES, method="POST", kwargs=_of("token")),
    Row("accounts:activity", SIGNED_IN),
    Row("accounts:data", SIGNED_IN),
    Row("accounts:goodbye", OPEN),
    Row("accounts:team_new", expect(403, coach=200, other_coach=200)),
    Row(
        "accounts:team_new",
        expect(403, coach=302, other_coach=302),
        method="POST",
        data=lambda w: {"name": "New"},
    ),
    Row("accounts:members", COACH, kwargs=_of("team")),
    Row("accounts:members", COACH, method="POST", kwargs=_of("team"), data=lambda w: {"role": "athlete"}),
    Row("accounts:team_edit", COACH_MOVES, method="POST", kwargs=_of("team"), data=lambda w: {"name": "Renamed"}),
    Row("accounts:team_close", COACH_MOVES, method="POST", kwargs=_of("team")),
    Row(
        "accounts:member_end",
        expect(404, owner=302, coach=302),
        method="POST",
        kwargs=_of("membership"),
        note="administrators use the admin",
    ),
    Row("accounts:invitation_revoke", COACH_MOVES, method="POST", kwargs=_of("invitation")),
    Row("accounts:invitation", OPEN, kwargs=lambda w: {"secret": w.invitation_secret}),
    Row(
        "accounts:invitation",
        expect(400, other_athlete=302, other_coach=302, anonymous=200),
        method="POST",
        kwargs=lambda w: {"secret": w.invitation_secret},
        data=lambda w: {"answer": "accept"},
        note="members cannot join twice; staff join no team",
    ),
    Row("accounts:demo_login", expect(404, anonymous=404), method="POST", data=lambda w: {"role": "nobody"}),
]

_API_TOKEN = {"name": "x", "scopes": ["read"], "expires_at": (timezone.now() + timedelta(days=9)).isoformat()}
API = [
    Row("accounts_api:me", SIGNED_IN),
    Row("accounts_api:me", expect(200), method="PATCH", data=lambda w: {"units": "imperial"}),
    Row(
        "accounts_api:me_password",
        expect(400),
        method="POST",
        data=lambda w: {"current_password": "wrong", "new_password": "another-long-one"},
    ),
    Row("accounts_api:token-list", SIGNED_IN),
    Row("accounts_api:token-list", expect(201), method="POST", data=lambda w: dict(_API_TOKEN)),
    Row("accounts_api:token-detail", expect(404, owner=200), kwargs=_of("token")),
    Row("accounts_api:token-detail", expect(404, owner=204), kwargs=_of("token"), method="DELETE"),
    Row("accounts_api:team-list", SIGNED_IN),
    Row("accounts_api:team-list", expect(403, coach=201, other_coach=201), method="POST", data=lambda w: {"name": "N"}),
    Row("accounts_api:team-detail", expect(404, owner=200, coach=200, administrator=200), kwargs=_of("team")),
    Row(
        "accounts_api:team-detail",
        expect(404, owner=403, coach=200, administrator=403),
        kwargs=_of("team"),
        method="PATCH",
        data=lambda w: {"name": "N"},
    ),
    Row("accounts_api:membership-list", SIGNED_IN),
    Row(
        "accounts_api:membership-detail",
        expect(404, owner=200, coach=200, administrator=200),
        kwargs=_of("membership"),
    ),
    Row(
        "accounts_api:membership-detail",
        expect(404, owner=204, coach=204, administrator=403),
        kwargs=_of("membership"),
        method="DELETE",
    ),
    Row("accounts_api:invitation-list", SIGNED_IN),
    Row(
        "accounts_api:invitation-list",
        expect(400, coach=201),
        method="POST",
        data=lambda w: {"team": str(w.team.pk)},
        note="a foreign team is not found",
    ),
    Row("accounts_api:invitation-detail", expect(404, coach=200, administrator=200), kwargs=_of("invitation")),
    Row(
        "accounts_api:invitation-detail",
        expect(404, coach=204, administrator=403),
        kwargs=_of("invitation"),
        method="DELETE",
    ),
    Row("accounts_api:consent-list", SIGNED_IN),
    Row(
        "accounts_api:consent-list",
        expect(201, staff=403, administrator=403),
        method="POST",
        data=lambda w: {"kind": "learning", "scope": "voice"},
    ),
    Row("accounts_api:consent-detail", expect(404, owner=200), kwargs=_of("consent")),
    Row("accounts_api:consent-detail", expect(404, owner=204), kwargs=_of("consent"), method="DELETE"),
    Row("accounts_api:audit_event-list", SIGNED_IN),
    Row("accounts_api:audit_event-detail", expect(404, owner=200), kwargs=_of("event")),
]
ROWS = [*PAGES, *API]
