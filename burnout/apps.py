from django.apps import AppConfig


class BurnoutConfig(AppConfig):
    """Check-ins, training load and burnout risk."""

    name = "burnout"
    label = "burnout"
    verbose_name = "Burnout"
