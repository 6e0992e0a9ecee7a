"""The API of people: oneself, tokens, teams, consent, the audit log."""

from django.urls import path

from accounts.api.audit import AuditEventViewSet
from accounts.api.consents import ConsentViewSet
from accounts.api.me import MeEndpoint, PasswordEndpoint
from accounts.api.teams import InvitationViewSet, MembershipViewSet, TeamViewSet
from accounts.api.tokens import TokenViewSet
from web.api.routers import Router

app_name = "accounts_api"

router = Router()
router.register("tokens", TokenViewSet, "token")
router.register("teams", TeamViewSet, "team")
router.register("memberships", MembershipViewSet, "membership")
router.register("invitations", InvitationViewSet, "invitation")
router.register("consents", ConsentViewSet, "consent")
router.register("audit-events", AuditEventViewSet, "audit_event")

urlpatterns = [
    path("me/", MeEndpoint.as_view(), name="me"),
    path("me/password/", PasswordEndpoint.as_view(), name="me_password"),
    *router.urls,
]
