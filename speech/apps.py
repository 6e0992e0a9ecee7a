from django.apps import AppConfig


class SpeechConfig(AppConfig):
    """Speech to text, intents and speech out."""

    name = "speech"
    label = "speech"
    verbose_name = "Speech"
