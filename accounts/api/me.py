"""/api/v1/me/: oneself."""

from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import MeSerializer, PasswordSerializer
from accounts.services.login_limit import TooManyLogins
from accounts.services.users import password_change
from web.api.problems import Problem
from web.api.views import Endpoint


class MeEndpoint(Endpoint):
    """Who the caller is, and the settings that belong to them."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(request.user).data)

    @extend_schema(request=MeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        serializer = MeSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


class PasswordEndpoint(Endpoint):
    """Set a new password; signs out everywhere else. Never with a token."""

    session_only = True

    @extend_schema(request=PasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        serializer = PasswordSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        session = request._request.session
        try:
            password_change(
                user=request.user,
                current=serializer.validated_data["current_password"],
                new=serializer.validated_data["new_password"],
                keep_session=session.session_key,
            )
        except TooManyLogins as refused:
            raise Problem(
                429,
                "too_many_attempts",
                _("Too many wrong passwords. Wait and try again."),
                headers={"Retry-After": str(refused.retry_after_s)},
            ) from None
        update_session_auth_hash(request._request, request.user)
        return Response(status=204)
