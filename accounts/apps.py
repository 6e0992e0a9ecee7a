from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People: users, athletes, teams, consent, tokens, audit, export and erase."""

    name = "accounts"
    label = "accounts"
    verbose_name = _("People")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import declarations, receivers  # noqa: F401

        declarations.register()
