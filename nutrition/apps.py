from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NutritionConfig(AppConfig):
    """Foods, meals and photos of food."""

    name = "nutrition"
    label = "nutrition"
    verbose_name = _("Nutrition")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from nutrition import declarations
        from nutrition.foods.index import index_prepare
        from nutrition.foods.services.house import house_load

        declarations.register()
        post_migrate.connect(index_prepare, sender=self)
        post_migrate.connect(house_load, sender=self)
