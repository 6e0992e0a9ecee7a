from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MlopsConfig(AppConfig):
    """The engine room: jobs, datasets, runs, model registry, serving."""

    name = "mlops"
    label = "mlops"
    verbose_name = _("Models and training")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from mlops import declarations

        declarations.register()
