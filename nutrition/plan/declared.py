"""What this room declares to the site; called from nutrition/declarations.py."""


def register() -> None:
    """Called once from AppConfig.ready()."""
