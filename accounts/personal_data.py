"""Which rows of people, signing in and the admin's log belong to a person."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import (
    ApiToken,
    Athlete,
    AuditEvent,
    Consent,
    Invitation,
    Membership,
    OutgoingMail,
    Team,
    TeamRole,
    User,
)
from accounts.services.browser_sessions import session_keys
from web.registries.personal_data import Erase, PersonalTable, exempt, register

LAST = 900
"""After every product row: the audit log and the account itself."""


def teams_of_only_coach(user: User) -> QuerySet[Team]:
    """Teams that nobody but `user` coaches: they mean nothing without this person."""
    coaches = Membership.objects.filter(team=OuterRef("pk"), role=TeamRole.COACH)
    others = coaches.active().exclude(user=user)
    return Team.objects.filter(Exists(coaches.filter(user=user)), ~Exists(others))


def invitations_about(user: User) -> QuerySet[Invitation]:
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    by_address = Q()
    for address in addresses - {""}:
        by_address |= Q(email__iexact=address)
    return Invitation.objects.filter(by_address | Q(accepted_by=user) | Q(created_by=user))


def waiting_mail_to(user: User) -> QuerySet[OutgoingMail]:
    addresses = Q()
    for address in {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)} - {""}:
        addresses |= Q(to__iexact=address)
    return OutgoingMail.objects.filter(addresses) if addresses else OutgoingMail.objects.none()


def admin_log_about(user: User) -> QuerySet[LogEntry]:
    """What a person did in the admin, and entries whose text names them."""
    about = Q(content_type__app_label="accounts", content_type__model="user", object_id=str(user.pk))
    for text in {user.email, str(user)} - {""}:
        about |= Q(object_repr__icontains=text) | Q(change_message__icontains=text)
    return LogEntry.objects.filter(Q(user=user) | about)


def forget_details(events: QuerySet[AuditEvent]) -> None:
    """What happened and when stays; deleting the account removes who."""
    events.update(target="", detail={})


def register_tables() -> None:
    """Called once from AppConfig.ready()."""
    register(PersonalTable(ApiToken, lambda user: ApiToken.objects.filter(user=user), secret_fields=("secret_hash",)))
    register(PersonalTable(Team, teams_of_only_coach, order=60))
    register(PersonalTable(Consent, lambda user: Consent.objects.filter(athlete__user=user), order=61))
    register(PersonalTable(Membership, lambda user: Membership.objects.filter(user=user), order=62))
    register(PersonalTable(Invitation, invitations_about, secret_fields=("secret_hash",), order=62))
    register(PersonalTable(OutgoingMail, waiting_mail_to, secret_fields=("sealed",), order=62))
    register(PersonalTable(Athlete, lambda user: Athlete.objects.filter(user=user), order=800))
    register(
        PersonalTable(
            AuditEvent,
            lambda user: AuditEvent.objects.filter(Q(actor=user) | Q(subject=user)),
            erase=Erase.ANONYMISE,
            anonymise=forget_details,
            order=LAST,
        )
    )
    register(
        PersonalTable(User, lambda user: User.objects.filter(pk=user.pk), secret_fields=("password",), order=LAST + 99)
    )
    _register_signing_in()
    exempt(Group, "Roles decide access; groups are not used.")
    exempt(Permission, "Django's list of possible rights, about nobody.")
    exempt(ContentType, "Django's list of tables, about nobody.")


def _register_signing_in() -> None:
    register(PersonalTable(LogEntry, admin_log_about, order=LAST - 1))
    register(
        PersonalTable(Authenticator, lambda user: Authenticator.objects.filter(user=user), secret_fields=("data",))
    )
    register(
        PersonalTable(
            EmailConfirmation,
            lambda user: EmailConfirmation.objects.filter(email_address__user=user),
            secret_fields=("key",),
            order=LAST - 3,
        )
    )
    register(PersonalTable(EmailAddress, lambda user: EmailAddress.objects.filter(user=user), order=LAST - 2))
    register(
        PersonalTable(
            UserSession, lambda user: UserSession.objects.filter(user=user), secret_fields=("session_key", "data")
        )
    )
    register(
        PersonalTable(
            Session,
            lambda user: Session.objects.filter(session_key__in=session_keys(user)),
            secret_fields=("session_key", "session_data"),
        )
    )
