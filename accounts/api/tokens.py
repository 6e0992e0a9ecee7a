"""/api/v1/tokens/: personal tokens; only for signed-in browsers, a token may not mint or end tokens."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.secret_answer import SecretAnswer
from accounts.api.serializers import NewTokenSerializer, TokenSerializer
from accounts.models import ApiToken
from accounts.services.tokens import token_create, token_revoke
from web.api.views import ReadOnlyModelViewSet


class TokenViewSet(SecretAnswer, mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """One's own tokens. DELETE revokes; the row stays on the list."""

    queryset = ApiToken.objects.all()
    serializer_class = TokenSerializer
    session_only = True

    @extend_schema(request=TokenSerializer, responses={201: NewTokenSerializer})
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        token, secret = token_create(user=request.user, **serializer.validated_data)
        return Response({**self.get_serializer(token).data, "secret": secret}, status=201)

    def perform_destroy(self, instance: ApiToken) -> None:
        token_revoke(token=instance, by=self.request.user)
