from django.apps import AppConfig


class NutritionConfig(AppConfig):
    """Foods, meals, photo recognition and the protein plan."""

    name = "nutrition"
    label = "nutrition"
    verbose_name = "Nutrition"
