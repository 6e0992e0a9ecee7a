from django.apps import AppConfig


class MlopsConfig(AppConfig):
    """The engine room: jobs, datasets, runs, model registry, serving."""

    name = "mlops"
    label = "mlops"
    verbose_name = "Engine room"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from mlops import declarations

        declarations.register()
