"""What consents, token rights and audit events mean, in words for the person they concern."""

from accounts.models import CoachScope, LearningScope, TokenScope

COACH_SCOPES = {
    CoachScope.TRAINING: "Your workouts, recordings and labels. Coaches can watch you live and correct labels.",
    CoachScope.FORM_VIDEO: "Your videos and what was measured in them.",
    CoachScope.RECOVERY: "Your check-ins, training load and recovery.",
    CoachScope.NUTRITION: "What you eat and your protein plan.",
}
LEARNING_SCOPES = {
    LearningScope.SENSOR: "Recordings and body landmarks, with their labels, join the data that models learn from.",
    LearningScope.RAW_VIDEO: "Staff may look at your video clips to label them. Your face may be recognisable.",
    LearningScope.PHOTO: "Photos of your meals join the data that models learn from.",
    LearningScope.VOICE: "What you said to FitBalance, as sound, joins the data that models learn from.",
    LearningScope.DAYS: "Your check-ins, and what you record about injury, illness and burnout, teach risk models.",
}
TOKEN_SCOPES = {
    TokenScope.READ: "Every program needs this one.",
    TokenScope.WRITE: "Upload recordings, change labels, edit your profile.",
    TokenScope.STREAM: "Send samples while you train.",
    TokenScope.PREDICT: "Your own recordings, or signals you send, are named by the served models.",
    TokenScope.TRAIN: "Only useful for ML staff.",
}
AUDIT_ACTIONS = {
    "account.created": "Account created",
    "account.erase_started": "Erasing the account started",
    "account.erased": "Account erased",
    "account.exported": "Account data exported",
    "consent.granted": "Consent given",
    "consent.withdrawn": "Consent withdrawn",
    "email.added": "Email address added",
    "email.changed": "Main email address changed",
    "email.removed": "Email address removed",
    "invitation.created": "Invitation to a team created",
    "invitation.declined": "Invitation to a team declined",
    "invitation.revoked": "Invitation to a team revoked",
    "login": "Signed in",
    "login.limited": "Too many wrong passwords: signing in was paused",
    "logout": "Signed out",
    "membership.ended": "Team membership ended",
    "membership.started": "Joined a team",
    "mfa.added": "Second factor added",
    "mfa.removed": "Second factor removed",
    "mfa.reset": "Second factor renewed",
    "password.changed": "Password changed",
    "password.reset": "Password reset by email",
    "role.changed": "Role changed",
    "session.ended": "Signed out of one browser",
    "session.ended_everywhere": "Signed out of other browsers",
    "team.closed": "Team closed",
    "team.created": "Team created",
    "team.renamed": "Team renamed",
    "token.all_revoked": "All tokens revoked",
    "token.created": "Token created",
    "token.revoked": "Token revoked",
    "user.changed": "Account changed by an administrator",
}


def action_words(action: str) -> str:
    """A sentence for an audit action; other apps' actions read as they are stored."""
    return AUDIT_ACTIONS.get(action, action.replace("_", " ").replace(".", ": ").capitalize())
