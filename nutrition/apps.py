from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NutritionConfig(AppConfig):
    """Foods, meals, photo recognition and the protein plan."""

    name = "nutrition"
    label = "nutrition"
    verbose_name = _("Nutrition")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from nutrition import declarations

        declarations.register()
