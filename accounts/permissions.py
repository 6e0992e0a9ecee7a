"""What a caller of the API may do at all; which rows is decided by `visible_to`."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import ApiToken, TokenScope


class IsSignedInWithScope(BasePermission):
    """Signed-in people pass; a token passes with the scope the call needs.

    Safe methods need `read`. Others need `write`, or the view's `required_scopes` (any sequence of
    TokenScope values, all needed) in its place. A view with `session_only = True` refuses every token.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        if getattr(view, "session_only", False):
            detail = _("You cannot do this with a token. Sign in with a browser.")
            raise PermissionDenied(detail, code="insufficient_scope")
        needed = {TokenScope.READ.value}
        if request.method not in SAFE_METHODS:
            needed = set(getattr(view, "required_scopes", None) or {TokenScope.WRITE.value})
        missing = needed - set(request.auth.scopes)
        if missing:
            detail = _("This token lacks the permission: %(scopes)s.") % {"scopes": ", ".join(sorted(missing))}
            raise PermissionDenied(detail, code="insufficient_scope")
        return True
