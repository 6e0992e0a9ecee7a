from django.apps import AppConfig


class CoachingConfig(AppConfig):
    """The coach that answers from a person's own data."""

    name = "coaching"
    label = "coaching"
    verbose_name = "Coaching"
