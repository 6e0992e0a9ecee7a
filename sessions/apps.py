from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class WorkoutsConfig(AppConfig):
    """Workouts, recordings, labels and live streams.

    The folder is `sessions`; the label is `workouts`, because Django's own application owns "sessions".
    """

    name = "sessions"
    label = "workouts"
    verbose_name = _("Workouts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sessions import declarations, form_kind, kinds, movement_kind, phase_kind, video_kind

        declarations.register()
        kinds.register()
        phase_kind.register()
        video_kind.register()
        movement_kind.register()
        form_kind.register()
        post_migrate.connect(add_built_in_layouts, sender=self)


def add_built_in_layouts(using: str, **_: Any) -> None:
    """The layouts that every installation knows, after each migrate (and again after tests empty the tables)."""
    from mlops.ml.sensors.layouts import BUILT_IN
    from sessions.models import SensorLayout

    for layout in BUILT_IN.values():
        declared = layout.to_dict()
        SensorLayout.objects.using(using).get_or_create(
            key=layout.name,
            defaults={"title": layout.title, "channels": declared["channels"], "rate_hz": layout.rate_hz},
        )
