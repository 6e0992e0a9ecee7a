"""/api/v1/teams/, memberships/ and invitations/."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.api.secret_answer import SecretAnswer
from accounts.api.serializers import (
    InvitationSerializer,
    MembershipSerializer,
    NewInvitationSerializer,
    TeamSerializer,
)
from accounts.models import Invitation, Membership, Team
from accounts.services.invitations import invitation_create, invitation_revoke, invitation_send
from accounts.services.teams import membership_end, team_create, team_rename
from web.api.views import ModelViewSet, ReadOnlyModelViewSet


class TeamViewSet(ModelViewSet):
    """Teams one belongs to. Coaches create and rename; closing a team has its own page."""

    queryset = Team.objects.all()
    serializer_class = TeamSerializer
    http_method_names = ["get", "post", "patch", "head", "options"]

    def perform_create(self, serializer: BaseSerializer) -> None:
        serializer.instance = team_create(coach=self.request.user, name=serializer.validated_data["name"])

    def perform_update(self, serializer: BaseSerializer) -> None:
        if "name" in serializer.validated_data:
            team_rename(team=serializer.instance, name=serializer.validated_data["name"], by=self.request.user)


class MembershipViewSet(mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """One's own memberships and, for a coach, those of the coached teams. DELETE ends one."""

    queryset = Membership.objects.select_related("user", "team")
    serializer_class = MembershipSerializer
    lookup_value_converter = "int"

    def perform_destroy(self, instance: Membership) -> None:
        membership_end(membership=instance, by=self.request.user)


class InvitationViewSet(SecretAnswer, mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """Invitations to the teams one coaches. DELETE revokes."""

    queryset = Invitation.objects.all()
    serializer_class = InvitationSerializer

    @extend_schema(request=InvitationSerializer, responses={201: NewInvitationSerializer})
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        invitation, secret = invitation_create(by=request.user, **serializer.validated_data)
        link = request.build_absolute_uri(reverse("accounts:invitation", args=[secret]))
        if invitation.email:
            invitation_send(invitation=invitation, link=link)
        return Response({**self.get_serializer(invitation).data, "link": link}, status=201)

    def perform_destroy(self, instance: Invitation) -> None:
        invitation_revoke(invitation=instance, by=self.request.user)
