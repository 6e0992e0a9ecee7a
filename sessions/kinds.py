"""The TaskKinds of this app."""


def register() -> None:
    """Called once from AppConfig.ready()."""
