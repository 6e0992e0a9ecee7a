"""Everything FitBalance knows about people."""

from accounts.models.athlete import Athlete
from accounts.models.audit import AuditEvent
from accounts.models.consent import CoachScope, Consent, ConsentKind, LearningScope
from accounts.models.mail import OutgoingMail
from accounts.models.team import Invitation, Membership, Team, TeamRole
from accounts.models.token import ApiToken, TokenScope
from accounts.models.user import Role, Units, User

__all__ = [
    "ApiToken",
    "Athlete",
    "AuditEvent",
    "CoachScope",
    "Consent",
    "ConsentKind",
    "Invitation",
    "LearningScope",
    "Membership",
    "OutgoingMail",
    "Role",
    "Team",
    "TeamRole",
    "TokenScope",
    "Units",
    "User",
]
