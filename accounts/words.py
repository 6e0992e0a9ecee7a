"""What consents, token rights and audit events mean, in words for the person they concern."""

from django.utils.translation import gettext_lazy as _

from accounts.models import CoachScope, LearningScope, TokenScope

COACH_SCOPES = {
    CoachScope.TRAINING: _("Your workouts, recordings and labels. Coaches can watch you live and correct labels."),
    CoachScope.FORM_VIDEO: _("Your videos and the measurements from them, and your height."),
    CoachScope.RECOVERY: _("Your check-ins, training load and recovery."),
    CoachScope.NUTRITION: _("Your meals, your protein plan and your weight."),
}
LEARNING_SCOPES = {
    LearningScope.SENSOR: _("Your recordings and body landmarks, with their labels, are used to train models."),
    LearningScope.RAW_VIDEO: _("Staff may look at your video clips to label them. Your face may be recognisable."),
    LearningScope.PHOTO: _("Photos of your meals are used to train models."),
    LearningScope.VOICE: _("Your voice recordings are used to train models."),
    LearningScope.DAYS: _("Your check-ins and records of injury, illness and burnout are used to train risk models."),
}
TOKEN_SCOPES = {
    TokenScope.READ: _("Every program needs this."),
    TokenScope.WRITE: _("Upload recordings, change labels and edit your profile."),
    TokenScope.STREAM: _("Send sensor data while you train."),
    TokenScope.PREDICT: _("Let the models classify your recordings or signals you send."),
    TokenScope.TRAIN: _("Only useful for ML staff."),
}
AUDIT_ACTIONS = {
    "account.created": _("Account created"),
    "account.erase_started": _("Account deletion started"),
    "account.erased": _("Account deleted"),
    "account.exported": _("Account data exported"),
    "consent.granted": _("Consent given"),
    "consent.withdrawn": _("Consent withdrawn"),
    "email.added": _("Email address added"),
    "email.changed": _("Primary email address changed"),
    "email.removed": _("Email address removed"),
    "invitation.created": _("Team invitation created"),
    "invitation.declined": _("Team invitation declined"),
    "invitation.revoked": _("Team invitation revoked"),
    "login": _("Signed in"),
    "login.limited": _("Sign-in paused after too many wrong passwords"),
    "logout": _("Signed out"),
    "membership.ended": _("Team membership ended"),
    "membership.started": _("Joined a team"),
    "mfa.added": _("Two-factor authentication turned on"),
    "mfa.limited": _("Sign-in paused after too many wrong codes"),
    "mfa.removed": _("Two-factor authentication turned off"),
    "mfa.reset": _("Two-factor authentication reset"),
    "password.changed": _("Password changed"),
    "password.reset": _("Password reset by email"),
    "role.changed": _("Role changed"),
    "session.ended": _("Signed out of one browser"),
    "session.ended_everywhere": _("Signed out of other browsers"),
    "team.closed": _("Team closed"),
    "team.created": _("Team created"),
    "team.renamed": _("Team renamed"),
    "token.all_revoked": _("All tokens revoked"),
    "token.created": _("Token created"),
    "token.revoked": _("Token revoked"),
    "user.changed": _("Account changed by an administrator"),
}


def action_words(action: str) -> str:
    """A sentence for an audit action; other apps' actions read as they are stored."""
    known = AUDIT_ACTIONS.get(action)
    return str(known) if known else action.replace("_", " ").replace(".", ": ").capitalize()
