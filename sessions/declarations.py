"""What this app declares to the site: personal data, demo life, navigation."""


def register() -> None:
    """Called once from AppConfig.ready()."""
