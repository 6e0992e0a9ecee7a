"""What `"tests.kinds.sixth"` in INSTALLED_APPS does."""

from django.apps import AppConfig

from mlops.ml.registry import register as register_estimator


def register_estimators() -> None:
    """The estimator by its name; its module is imported when it is asked for."""
    register_estimator("tempo", "tempo_words", "tests.kinds.sixth.estimator:WordBag", data_type="texts")


class TempoConfig(AppConfig):
    """The app."""

    name = "tests.kinds.sixth"

    def ready(self) -> None:
        """Register the estimator and the kind."""
        from tests.kinds.sixth.kind import register_kind

        register_estimators()
        register_kind()
