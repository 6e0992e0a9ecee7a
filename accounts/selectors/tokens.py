"""Finding one's own tokens."""

from typing import Any

from django.shortcuts import get_object_or_404

from accounts.models import ApiToken, User


def token_get_for(*, user: User, pk: Any) -> ApiToken:
    """One's own token; 404 for anybody else's."""
    return get_object_or_404(ApiToken.objects.visible_to(user), pk=pk)
