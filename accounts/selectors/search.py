"""What of accounts can be searched for: one's settings, and people for administrators."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from web.registries.search import Hit, Page, holding, pages_holding

SETTINGS = (
    (_("Profile"), "accounts:profile", _("name e-mail units time zone language")),
    (_("Security"), "accounts:security", _("password two-factor login signed in browsers")),
    (_("Teams"), "accounts:my_teams", _("leave team coach")),
    (_("Consent"), "accounts:consent", _("share coach learning privacy")),
    (_("Tokens"), "accounts:tokens", _("API access programs")),
    (_("Activity"), "accounts:activity", _("audit history log")),
    (_("My data"), "accounts:data", _("export download erase delete account space")),
)


def settings_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Pages of one's settings, also by what can be done on them."""
    pages = (Page(title, reverse(view), f"{_('settings')} {other}") for title, view, other in SETTINGS)
    return pages_holding(pages, words, limit)


def people_found(user: Any, words: Sequence[str], limit: int) -> list[Hit]:
    """Accounts, for administrators alone, where they manage them."""
    if not user.is_administrator:
        return []
    rows = holding(User.objects.filter(~Q(pk=user.pk)), words, "username", "first_name", "last_name", "email")
    return [
        Hit(str(row), reverse("admin:accounts_user_change", args=[row.pk]), f"{row.username}, {row.get_role_display()}")
        for row in rows.order_by("username")[:limit]
    ]
