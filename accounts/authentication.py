"""Signing in to the API with a personal token."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.services.tokens import PREFIX, TokenRefused, token_resolve, token_seen

SECRET_PARAMETERS = frozenset({"token", "access_token", "api_token", "api_key"})


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer fb_…`.

    A secret in the address is refused even when it is right, because addresses end up in logs and
    histories. Every refusal is 401 with `WWW-Authenticate: Bearer`.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        if SECRET_PARAMETERS & set(request.query_params):
            raise AuthenticationFailed(
                _("Send the token in the Authorization header, not in the address."), code="token_in_address"
            )
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2 or not parts[1].startswith(PREFIX.encode()):
            raise AuthenticationFailed(_("This is not a FitBalance token."), code="token_unknown")
        try:
            token = token_resolve(parts[1].decode("latin-1"))
        except TokenRefused as refused:
            raise AuthenticationFailed(refused.message, code=refused.code) from None
        token_seen(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="FitBalance"'


class TokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes the token."""

    target_class = TokenAuthentication
    name = "personalToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A personal token, created under Settings → Tokens."}
