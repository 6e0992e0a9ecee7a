from django.apps import AppConfig


class WorkoutsConfig(AppConfig):
    """Workouts, recordings, labels and live streams.

    The folder is `sessions`; the label is `workouts`, because Django's own application owns "sessions".
    """

    name = "sessions"
    label = "workouts"
    verbose_name = "Workouts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sessions import declarations, kinds

        declarations.register()
        kinds.register()
