from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BurnoutConfig(AppConfig):
    """Check-ins, training load and burnout risk."""

    name = "burnout"
    label = "burnout"
    verbose_name = _("Burnout")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from burnout import declarations, kinds

        declarations.register()
        kinds.register()
